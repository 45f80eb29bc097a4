"""Tests on the bundled plans and other real input."""
