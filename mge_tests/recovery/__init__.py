"""What happens when processes die in the middle."""
