"""The built-in face-recognition pipeline, executed by ``python -m memtune.face``.

It is memtune's first real workload: photographs are decoded, faces detected,
encoded in 128 numbers and matched with a gallery, under settings that come from
``FACE_*`` environment variables (``python -m memtune.face --help`` lists them).
It is for being measured, not for deciding who may pass a door, and it imports
nothing of the rest of memtune: it runs inside containers.
"""
