"""What settings need, told from the needs of others; pure, numpy and scipy only."""
