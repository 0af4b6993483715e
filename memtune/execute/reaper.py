"""A process of its own that outlives a killed memtune for a moment and removes its containers;
executed as a file, so it imports nothing but the standard library.

    python -I -S reaper.py SOCKET OWNER_LABEL=OWNER

A started container ends with its lease. One that was created and not yet started has none:
every tenth SIGKILL left one behind. stdin is the reaper's own lease: a byte says that memtune
ends and has removed what it made, an end without one that it was killed.
"""

import json
import socket
import sys
import time

SETTLE_S = 1.0
"""How long the daemon may still be creating what it was asked for."""
PATIENCE_S = 30.0
"""How long the daemon may be frozen."""
_POLL_S = 0.05


def main() -> None:
    """Wait for the end of memtune; after a violent one remove what it left."""
    path, label = sys.argv[1:]
    if sys.stdin.buffer.read(1):
        return
    killed_s = time.monotonic()
    while time.monotonic() - killed_s < PATIENCE_S:
        try:
            left = _containers(path, label)
            for identity in left:
                _ask(path, "DELETE", f"/containers/{identity}?force=1&v=1")
            if not left and time.monotonic() - killed_s > SETTLE_S:
                return
        except (FileNotFoundError, ConnectionRefusedError):
            return  # no daemon, no container; what it brings back, the next sweep takes
        except (OSError, ValueError):
            pass
        time.sleep(_POLL_S)


def _containers(path: str, label: str) -> list[str]:
    filters = json.dumps({"label": [label]}).encode()
    quoted = "".join(f"%{byte:02X}" for byte in filters)
    head, _, body = _ask(path, "GET", f"/containers/json?all=1&filters={quoted}").partition(
        b"\r\n\r\n"
    )
    if b" 200 " not in head.partition(b"\r\n")[0]:
        raise ValueError(head)
    return [container["Id"] for container in json.loads(body)]


def _ask(path: str, method: str, target: str) -> bytes:
    """Send one request of HTTP 1.0, whose answer is neither chunked nor kept alive."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(PATIENCE_S)
        connection.connect(path)
        connection.sendall(f"{method} {target} HTTP/1.0\r\nHost: docker\r\n\r\n".encode())
        answer = b""
        while data := connection.recv(65536):
            answer += data
        return answer


if __name__ == "__main__":
    main()
