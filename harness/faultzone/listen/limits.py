"""What a client of a server can take: its time, its memory, and its answers.

Beyond any of these it is refused by the application, and the connection ends unless
the table says otherwise:

| bound | status |
|---|---|
| a request line of 256 KiB | 414 |
| 128 headers or 64 KiB of them | 431 |
| a request line and headers in 1,024 pieces | 431 |
| a body of 512 KiB or in 4,096 chunks | 413; the connection goes on once the body, of at most 8 MiB, has been read |
| 10 s for a request to arrive whole | 408; a connection without a request is closed |
| what is not HTTP/1.0 or 1.1, or has no one Host | 400 |
| a Host that is not the server's, a web page of another origin | 403 |
| 75 s without a request | it is closed |
| 30 s in which a client reads nothing of an answer | it is cut |
"""

from __future__ import annotations

from typing import Final

LINE_MAX: Final = 256 * 1024
HEADERS_MAX: Final = 128
HEADER_BYTES_MAX: Final = 64 * 1024
BODY_MAX: Final = 512 * 1024
CHUNKS_MAX: Final = 4096
PIECES_MAX: Final = 1024
#: What is read of a request, and of what follows a refusal, before the connection is cut: some clients write all first.
DROPPED_MAX: Final = LINE_MAX + HEADER_BYTES_MAX + BODY_MAX + 8 * 1024 * 1024
#: Seconds for a request to arrive whole, and for a new connection to begin one.
REQUEST_SECONDS: Final = 10.0
#: Seconds that a connection may idle after an answer: longer than clients keep theirs, or they meet a closed one.
IDLE_SECONDS: Final = 75.0
#: Seconds in which a client must read something of what it is sent.
READ_SECONDS: Final = 30.0
#: Seconds that the sender of a refused request has to read the refusal.
LINGER_SECONDS: Final = 2.0
#: What is parsed at once, so that few requests are taken apart before the first of them is answered; and what is held.
SLICE: Final = 16 * 1024
HELD_MAX: Final = 64 * 1024
#: A longer path is that of nothing here, and is not decoded.
PATH_MAX: Final = 1024
