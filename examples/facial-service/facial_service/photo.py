"""The request's body -> the bytes of the photograph and the other fields; 400 for all else."""

from __future__ import annotations

import base64
import binascii
import io
from typing import IO, Any

from flask import Request, request
from werkzeug.exceptions import BadRequest, ClientDisconnected

from facial_service.errors import RefusedError


class InMemoryRequest(Request):
    """A request whose uploads stay in memory, within the body limit.

    Flask writes uploads over 500 kB to /tmp. Where that is a tmpfs, as in a
    container with a read-only file system, they would be in memory twice.
    """

    def _get_file_stream(self, *_: Any, **__: Any) -> IO[bytes]:
        return io.BytesIO()


def read_photograph() -> bytes:
    """Return the photograph of the current request, which has no other fields to be read."""
    return read("image")[0]


def read(*names: str) -> tuple[Any, ...]:
    """Return the fields in this order; ``image`` as bytes, others as text.

    Raises RefusedError: 400 for a body that is not as it should be, 415 for other types.
    """
    if request.mimetype == "multipart/form-data":
        return tuple(_from_form(name) for name in names)
    if request.mimetype == "application/json":
        return _from_json(names)
    raise RefusedError(415, "Send multipart/form-data or application/json.")


def _from_form(name: str) -> bytes | str:
    if name == "image":
        upload = request.files.get(name)
        if upload is None:
            raise RefusedError(400, "The upload 'image' is missing.")
        return upload.stream.read()
    if name not in request.form:
        raise RefusedError(400, f"The field '{name}' is missing.")
    return request.form[name]


def _from_json(names: tuple[str, ...]) -> tuple[bytes | str, ...]:
    try:
        members = request.get_json(cache=False)
    except ClientDisconnected:
        raise
    except (BadRequest, RecursionError):
        raise RefusedError(400, "The body is no JSON.") from None
    if not isinstance(members, dict):
        raise RefusedError(400, "The body must be a JSON object.")
    texts = [members.get(name) for name in names]
    for name, value in zip(names, texts, strict=True):
        if not isinstance(value, str):
            raise RefusedError(400, f"The member '{name}' is missing or no text.")
    return tuple(
        _decoded(value) if name == "image" else value
        for name, value in zip(names, texts, strict=True)
    )


def _decoded(text: str) -> bytes:
    """Return the bytes of base64 text, with or without what browsers put before it."""
    if text.startswith("data:"):
        text = text.partition(",")[2]
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise RefusedError(400, "The member 'image' is no base64.") from None
