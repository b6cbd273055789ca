"""The one source of chance: every id, address and name of a cloud comes from its seed.

The n-th id of a kind depends on the seed, the kind and n alone, so neither the order of other calls nor parallel tests
change it.
"""

from __future__ import annotations

from collections import defaultdict
from hashlib import blake2b
from struct import Struct
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import random

_DIGITS: Final = "0123456789abcdefghijklmnopqrstuvwxyz"
#: Two characters for each pair of bytes, so that an id costs one hash and ten look-ups.
_PAIRS: Final = [_DIGITS[n % 36] + _DIGITS[n // 36 % 36] for n in range(1296)]
_NINE: Final = Struct(">9H")


class World:
    """Makes ids, addresses and names from a seed.

    Args:
        seed: any text or number; equal seeds give equal worlds.
    """

    def __init__(self, seed: int | str = 0) -> None:
        self.seed = seed
        self._key = blake2b(str(seed).encode(), digest_size=16).digest()
        self._counts: defaultdict[str, int] = defaultdict(int)
        self._requests = blake2b(b"request", digest_size=16, key=self._key)
        self._request = 0

    def _digest(self, kind: str, size: int) -> bytes:
        self._counts[kind] = n = self._counts[kind] + 1
        return blake2b(b"%s/%d" % (kind.encode(), n), digest_size=size, key=self._key).digest()

    def resource_id(self, prefix: str, site: str = "bp1") -> str:
        """The next id of a resource: `i-bp1` and 17 more characters, `ds-bp1…`, `vsw-bp1…`."""
        tail = "".join([_PAIRS[pair % 1296] for pair in _NINE.unpack(self._digest(prefix, 18))])
        return f"{prefix}-{site}{tail[:17]}"

    def hex_id(self, prefix: str) -> str:
        """The next id of a command or invocation: `c-` or `t-` and 32 hexadecimal digits."""
        return f"{prefix}-{self._digest(prefix, 16).hex()}"

    def request_id(self) -> str:
        """The next request id, a UUID in capitals."""
        self._request = n = self._request + 1
        mixed = self._requests.copy()
        mixed.update(n.to_bytes(8, "big"))
        h = mixed.hexdigest().upper()
        return f"{h[:8]}-{h[8:12]}-4{h[13:16]}-A{h[17:20]}-{h[20:]}"

    def uuid(self, kind: str) -> str:
        """The next UUID of a kind, in lower case."""
        h = self._digest(kind, 16).hex()
        return f"{h[:8]}-{h[8:12]}-4{h[13:16]}-a{h[17:20]}-{h[20:]}"

    def stream(self, name: str) -> random.Random:
        """A generator of its own for one purpose; the same name gives the same numbers again."""
        import random  # Few ask for one.

        return random.Random(blake2b(name.encode(), digest_size=8, key=self._key).digest())
