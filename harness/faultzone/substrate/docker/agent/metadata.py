"""The metadata service of an instance: what it can ask about itself at 100.100.100.200."""

from __future__ import annotations

import base64
import socket
from typing import Final

ADDRESS: Final = "100.100.100.200"
_PATIENCE_SECONDS: Final = 0.2
_REQUEST_BYTES: Final = 4096


class Metadata:
    """Answers over HTTP, one request at a time.

    Args:
        facts: path below `latest/meta-data/` -> text.
        user_data: the start-up program in Base64, None for none.

    Raises:
        OSError: the address cannot be listened on.
    """

    def __init__(self, facts: dict[str, str], user_data: str | None) -> None:
        self._answers = {f"/latest/meta-data/{path}": text.encode() for path, text in facts.items()}
        names = sorted({path.partition("/")[0] + ("/" if "/" in path else "") for path in facts})
        self._answers["/latest/meta-data"] = "\n".join(names).encode()
        if user_data is not None:
            self._answers["/latest/user-data"] = base64.b64decode(user_data)
        self._socket = socket.create_server((ADDRESS, 80))

    def fileno(self) -> int:
        """The file to poll."""
        return self._socket.fileno()

    def serve(self) -> None:
        """Answer the request that waits."""
        asking, _ = self._socket.accept()
        with asking:
            asking.settimeout(_PATIENCE_SECONDS)
            try:
                words = asking.recv(_REQUEST_BYTES).split(b"\r\n")[0].decode("latin-1").split()
                status, body = self._answer(words)
                head = f"HTTP/1.0 {status}\r\nContent-Type: text/plain\r\nContent-Length: {len(body)}\r\n\r\n"
                asking.sendall(head.encode() + body)
            except OSError:
                return

    def _answer(self, words: list[str]) -> tuple[str, bytes]:
        if len(words) < 2 or words[0] != "GET":
            return "405 Method Not Allowed", b""
        body = self._answers.get(words[1].partition("?")[0].rstrip("/"))
        return ("404 Not Found", b"not found") if body is None else ("200 OK", body)
