"""MGE: a masterplan walks through eight stages and comes out as validated code.

planning ▸ drafting ▸ atomization ▸ dependency ▸ generation ▸ validation ▸ review ▸ delivery. ``model`` holds the nouns,
``stages`` the verbs as pure functions, ``store`` turns values into rows, ``services`` are the use cases (read ▸ stage ▸ write),
``defs`` shows them to Dagster, ``web`` to a browser, ``cli`` to a terminal. This file imports nothing.
"""
