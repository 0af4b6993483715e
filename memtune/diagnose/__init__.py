"""Logs of services, platforms, runtimes and the kernel -> the likely cause, in one pass and
constant memory.

``lines`` reads files; ``words`` and ``readings`` say what a line means; ``record`` keeps what is
needed of all lines; ``symptoms`` has a rule for each cause. All but ``lines`` is pure.
"""
