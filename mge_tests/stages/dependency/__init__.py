"""Graph and waves."""
