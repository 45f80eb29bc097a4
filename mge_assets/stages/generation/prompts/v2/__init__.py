"""Version 2 of the prompts."""
