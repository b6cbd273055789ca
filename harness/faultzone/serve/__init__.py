"""The wire: what makes a backend an endpoint that any ECS client can talk to.

    signatures.py   both signatures, written and verified
    wire.py         one request read, one answer written
    control.py      the routes of the harness, under /_faultzone/
    application.py  from a request to an answer: all of the above, and no sockets
    server.py       an endpoint: an application on a socket

`serve` puts any backend on a socket, `serve_backend` one that lists its accounts, with key pairs for them. Sockets,
connections and limits are those of `faultzone.listen`. The names below are loaded when first used: whoever asks an
endpoint serves none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from faultzone.loading import Loaded as _Loaded

if TYPE_CHECKING:
    from faultzone.serve.application import Refusal
    from faultzone.serve.server import Endpoint, serve, serve_backend
    from faultzone.serve.signatures import Credential, Keyring

__all__ = ["Credential", "Endpoint", "Keyring", "Refusal", "serve", "serve_backend"]

_HOME: Final[_Loaded[str, Any]] = _Loaded(
    {
        "faultzone.serve.application": ["Refusal"],
        "faultzone.serve.server": ["Endpoint", "serve", "serve_backend"],
        "faultzone.serve.signatures": ["Credential", "Keyring"],
    },
    "__dict__",
)


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return _HOME[name]
    raise AttributeError(f"module 'faultzone.serve' has no attribute {name!r}")
