"""Python: its names, imports, classes and calls as constraints."""
