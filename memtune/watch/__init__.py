"""Running containers, processes and compose projects, live; reads, and changes nothing."""
