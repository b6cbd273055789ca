"""An answer that goes back piece by piece, no faster than its client reads."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

from faultzone.listen.messages import Stream


class Flow:
    """A stream on its way to a client.

    Args:
        transport: of the connection, which ends with the stream.
        stuck: whether the client does not read at the moment.
    """

    def __init__(self, transport: asyncio.Transport, *, stuck: bool) -> None:
        self._transport = transport
        self._flowing = asyncio.Event()
        if not stuck:
            self._flowing.set()

    def pause(self) -> None:
        """Send no further piece: the client does not read."""
        self._flowing.clear()

    def resume(self) -> None:
        """Go on: the client has read."""
        self._flowing.set()

    async def send(self, stream: Stream) -> None:
        """Send the head and the pieces, until the stream ends."""
        self._transport.write(stream.head(close=True))
        async with aclosing(stream.pieces()) as pieces:
            async for piece in pieces:
                self._transport.write(piece)
                # Others get their turn, and the loop can say that the client has left.
                await asyncio.sleep(0)
                await self._flowing.wait()
                if self._transport.is_closing():
                    return
