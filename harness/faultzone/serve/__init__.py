"""The wire: what makes a backend an endpoint that any ECS client can talk to.

    signatures.py   both signatures, written and verified
    wire.py         one request read, one answer written
    control.py      the routes of the harness, under /_faultzone/
    application.py  from a request to an answer: all of the above, and no sockets
    server.py       sockets, connections, limits

Only `server` imports uvicorn; the others are cheap to import and work without a socket.
"""
