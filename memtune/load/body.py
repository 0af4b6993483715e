"""What a body is built from -> its bytes: JSON, multipart, or as it is; sends nothing."""

import base64
import json
import mimetypes
from dataclasses import dataclass, field
from pathlib import Path

from memtune.load.prepare import Content
from memtune.model import Member

_UNKNOWN = "application/octet-stream"


@dataclass(frozen=True)
class Body:
    """A body and its type."""

    type: str
    data: bytes


@dataclass
class Bodies:
    """Builds each body once: requests with equal bodies share one object in memory."""

    built: dict[str, Body | None] = field(default_factory=dict)

    def body(self, content: Content) -> Body | None:
        """Return the body; None where a request has none."""
        key = repr(content)  # not the content itself: 1, 1.0 and True are equal
        if key not in self.built:
            self.built[key] = _build(content)
        return self.built[key]


def _build(content: Content) -> Body | None:
    if content.json:
        return Body("application/json", _json(content))
    if content.form:
        return _multipart(content)
    if content.body.startswith("@"):
        return Body(_type(content.body[1:]), _file(content.body[1:], content.pad_bytes))
    return Body("text/plain; charset=utf-8", content.body.encode()) if content.body else None


def _json(content: Content) -> bytes:
    """Put together by hand: ``json.dumps`` would copy megabytes of base64 three times."""
    members = [
        json.dumps(name).encode() + b": " + _json_value(value, content.pad_bytes)
        for name, value in content.json
    ]
    return b"{" + b", ".join(members) + b"}"


def _json_value(value: Member, pad_bytes: int) -> bytes:
    if isinstance(value, str) and value.startswith("@"):
        return b'"%b"' % base64.b64encode(_file(value[1:], pad_bytes))
    return json.dumps(value).encode()


def _multipart(content: Content) -> Body:
    """https://www.rfc-editor.org/rfc/rfc7578, names escaped as browsers do it."""
    parts: list[tuple[str, bytes]] = []
    for name, value in content.form:
        head = f'Content-Disposition: form-data; name="{_escaped(name)}"'
        if value.startswith("@"):
            path = value[1:]
            head += f'; filename="{_escaped(Path(path).name)}"\r\nContent-Type: {_type(path)}'
            parts.append((head, _file(path, content.pad_bytes)))
        else:
            parts.append((head, value.encode()))
    number = 0
    while any(b"memtune-%d" % number in data for _, data in parts):
        number += 1
    boundary = b"memtune-%d" % number
    pieces = [
        piece
        for head, data in parts
        for piece in (b"--%b\r\n%b\r\n\r\n" % (boundary, head.encode()), data, b"\r\n")
    ]
    return Body(
        f"multipart/form-data; boundary={boundary.decode()}",
        b"".join([*pieces, b"--%b--\r\n" % boundary]),
    )


def _escaped(name: str) -> str:
    return name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")


def _type(path: str) -> str:
    return mimetypes.guess_type(path)[0] or _UNKNOWN


def _file(path: str, pad_bytes: int) -> bytes:
    return Path(path).read_bytes().ljust(pad_bytes, b"\0")
