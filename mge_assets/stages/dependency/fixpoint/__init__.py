"""What a name, an attribute or an expression may stand for: abstract values, and the fixpoint that carries them to where they are used."""
