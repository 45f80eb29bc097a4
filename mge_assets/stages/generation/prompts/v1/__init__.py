"""Version 1 of the prompts."""
