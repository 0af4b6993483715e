"""Results on the terminal, with rich."""
