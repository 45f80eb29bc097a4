"""From the graph to waves: which edges order them, how cycles are cut, and the levels of what is left."""
