"""Shows results: on the terminal, as a page, as JSON; reads the model and computes nothing."""
