"""Memory mistakes in a project's files, found without executing anything.

``tree`` reads files, the parsers make facts of them, ``services`` says which facts belong to
which service, and ``table`` lists the rules: small functions of one service.
"""
