"""HTTP on a socket, with limits, for an application that answers requests. It knows nothing of any API.

    messages.py    a request, an answer, a refusal, and what an application is
    hosts.py       the names that a request may call a server by, and the pages that may call it
    limits.py      what a client can take
    authority.py   who vouches for the names, where TLS is spoken
    secure.py      TLS and plain HTTP on one port
    shared.py      what the connections of one listener share
    connection.py  one connection: requests in, answers out; arriving.py, what it has of a request, and streaming.py,
                   an answer that goes back piece by piece
    server.py      the loop that serves every socket of the process, the turns of its connections, and a listener

To import this package is to import httptools: import it where something is served.
"""

from __future__ import annotations

from faultzone.listen.authority import Authority
from faultzone.listen.hosts import Hosts
from faultzone.listen.messages import Answer, Application, Refused, Request, Stream, head
from faultzone.listen.server import Listener, bind

__all__ = ["Answer", "Application", "Authority", "Hosts", "Listener", "Refused", "Request", "Stream", "bind", "head"]
