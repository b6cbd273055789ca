"""A socket before the engine's that can be cut, and that can answer in its place."""

from __future__ import annotations

import json
import shutil
import socket
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

ENGINE = "/var/run/docker.sock"


class Proxy:
    """It passes on what it is given, one request for each connection.

    Attributes:
        path: where it listens.
        refused: what it answers itself: a message, by a part of the request's first line.
        before: what is done before a request is passed on, by a part of its first line; once.
        lost: parts of first lines of requests that the engine gets and whose answers do not come; once.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.refused: dict[str, str] = {}
        self.before: dict[str, Callable[[], None]] = {}
        self.lost: set[str] = set()
        self._wires: set[socket.socket] = set()
        self._whole = True
        self._flow = threading.Event()
        self._flow.set()
        self._door = socket.socket(socket.AF_UNIX)
        self._door.bind(path)
        self._door.listen(64)
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Be as an engine that has died: every connection ends, and none is answered."""
        self._whole = False
        for wire in list(self._wires):
            with suppress(OSError):
                wire.shutdown(socket.SHUT_RDWR)

    def join(self) -> None:
        """Be as an engine that has been started again."""
        self._whole = True

    def freeze(self) -> None:
        """Be as an engine that stands still: nothing that it is told or says gets through for now."""
        self._flow.clear()

    def thaw(self) -> None:
        """Be as an engine that goes on."""
        self._flow.set()

    def close(self) -> None:
        self.thaw()
        self.cut()
        with suppress(OSError):
            self._door.shutdown(socket.SHUT_RDWR)
        self._door.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                wire = self._door.accept()[0]
                threading.Thread(target=self._serve, args=(wire,), daemon=True).start()

    def _serve(self, wire: socket.socket) -> None:
        engine = socket.socket(socket.AF_UNIX)
        with wire, engine, suppress(OSError):
            head = b""
            while self._whole and b"\r\n\r\n" not in head:
                data = wire.recv(65536)
                if not data:
                    return
                head += data
            if not self._whole:
                return
            first = head.split(b"\r\n", 1)[0].decode()
            for part, message in self.refused.items():
                if part in first:
                    body = json.dumps({"message": message}).encode()
                    answer = b"HTTP/1.1 500 Internal Server Error\r\nContent-Type: application/json\r\n"
                    wire.sendall(answer + b"Connection: close\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
                    return
            for part in [each for each in self.before if each in first]:
                self.before.pop(part)()
            self._flow.wait()
            self._wires |= {wire, engine}
            engine.connect(ENGINE)
            engine.sendall(head.replace(b"Connection: keep-alive", b"Connection: close", 1))
            threading.Thread(target=self._pump, args=(wire, engine), daemon=True).start()
            if parts := {each for each in self.lost if each in first}:
                self.lost -= parts
                engine.recv(65536)
                for each in (wire, engine):
                    each.shutdown(socket.SHUT_RDWR)
                return
            self._pump(engine, wire)
            self._wires -= {wire, engine}

    def _pump(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                self._flow.wait()
                target.sendall(data)
        with suppress(OSError):
            target.shutdown(socket.SHUT_WR)


@contextmanager
def proxy() -> Iterator[Proxy]:
    """A proxy before the local engine."""
    directory = tempfile.mkdtemp()
    made = Proxy(str(Path(directory) / "docker.sock"))
    try:
        yield made
    finally:
        made.close()
        shutil.rmtree(directory)
