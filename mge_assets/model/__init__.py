"""Nouns: frozen values that travel between the stages, with no I/O.

What belongs here: the words of the field (masterplan, atom, edge, wave, attempt, finding, decision) and the
rules that hold for one value alone. What does not: anything that reads, writes, parses or decides over many values.
"""
