"""Which settings to try next, and which to recommend; pure, knows no Docker."""
