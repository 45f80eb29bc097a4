"""Benchmarks: each prints its figure, and the bound's or a peer's beside it."""
