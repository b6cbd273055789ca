"""How a connection breaks, where that is wanted in place of an answer."""

from __future__ import annotations

import socket
import struct
import sys
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import asyncio

    from faultzone.listen.messages import Broken

#: What SO_LINGER takes, so that a socket is reset when it is closed.
_RESET: Final = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)


def goes_on(transport: asyncio.Transport, broken: Broken | None) -> bool:
    """Break a connection, or cut it where nothing says how; whether it stays open until the client leaves. Another one
    is for its caller to close."""
    if broken is None or broken.how == "reset":
        socket_of = transport.get_extra_info("socket") if broken is not None else None
        if socket_of is not None:
            socket_of.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        transport.abort()
        return False
    if broken.how == "truncated":
        if broken.answer is not None:
            body = broken.answer.body
            transport.write(broken.answer.head(close=True) + body[: len(body) // 2])
        return False
    if broken.how == "half-closed" and transport.can_write_eof():
        transport.write_eof()
    return True
