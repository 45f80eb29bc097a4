"""Analysis again after a change: what can't have changed is kept, and what did is told."""
