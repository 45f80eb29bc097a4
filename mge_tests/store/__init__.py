"""Tables, migrations and the stores over them."""
