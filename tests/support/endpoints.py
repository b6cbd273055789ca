"""Endpoints that are none: what listens on a port and answers in ways that no ECS endpoint does."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress


def response(status: str, body: str, *headers: str) -> bytes:
    """An HTTP response that ends its connection."""
    lines = [f"HTTP/1.1 {status}", f"content-length: {len(body)}", "connection: close", *headers, "", body]
    return "\r\n".join(lines).encode()


@contextmanager
def listening(answer: Callable[[socket.socket], None]) -> Iterator[str]:
    """Serve each connection by a function that is given it, in a thread of its own; the URL."""
    ends = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.05)

        def serve(connection: socket.socket) -> None:
            with connection, suppress(OSError):
                answer(connection)

        def accept() -> None:
            while not ends.is_set():
                with suppress(TimeoutError):
                    connection, _ = server.accept()
                    threading.Thread(target=serve, args=(connection,), daemon=True).start()

        thread = threading.Thread(target=accept)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.getsockname()[1]}"
        finally:
            ends.set()
            thread.join()


def saying(said: bytes) -> Callable[[socket.socket], None]:
    """Answer whatever is asked with these bytes."""

    def answer(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(said)
        ends(connection)

    return answer


def ends(connection: socket.socket) -> None:
    """End a connection without a reset, which comes where something is left unread."""
    connection.shutdown(socket.SHUT_WR)
    while connection.recv(65536):
        pass
