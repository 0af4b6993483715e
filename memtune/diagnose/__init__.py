"""Reads logs of services, platforms, runtimes and the kernel, and names the likely cause: pure,
one pass, constant memory."""
