"""A small inventory: items, stock, reservations, orders and reports."""
