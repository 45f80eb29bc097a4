"""The Messages API as a real HTTP server on this machine: rules, bills, caches, limits, latencies, batches and every fault by name.

What belongs here: what the service does. It shares no code with the client's adapter and price table, so that a mistake in one shows in the other.
``python -m mge_tests.fakes.emulator --help`` runs it by hand.
"""
