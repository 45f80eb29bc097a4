"""What runs in the launcher process, between us and the untrusted code. Imports only the light half of the standard library.

Each run starts it anew, so its imports are paid each time: no dataclasses, no typing constructs that cost (measured: 12 ms).
"""
