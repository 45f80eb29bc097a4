"""Stand-ins that implement our ports or speak real protocols, shared by every test folder."""
