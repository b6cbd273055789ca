"""The one source of chance: every id, address and name of a cloud comes from its seed.

The n-th id of a kind depends on the seed, the kind and n alone, so neither the order of other calls nor parallel tests
change it.
"""

from __future__ import annotations

# hashlib has it from there, and loads OpenSSL besides, which is a twentieth of a process's start.
from _blake2 import blake2b
from collections import defaultdict
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import random

_DIGITS: Final = "0123456789abcdefghijklmnopqrstuvwxyz"
#: The character of an id for each byte of a hash.
_CHARACTERS: Final = "".join(_DIGITS[n % len(_DIGITS)] for n in range(256)).encode()
#: The characters of an ID between its kind and what is drawn.
_SITE: Final = 3
#: So many IDs of a kind are known before they are made.
_AHEAD: Final = 1000


class World:
    """Makes ids, addresses and names from a seed.

    Args:
        seed: any text or number; equal seeds give equal worlds.
    """

    def __init__(self, seed: int | str = 0) -> None:
        self.seed = seed
        self._key = blake2b(str(seed).encode(), digest_size=16).digest()
        self._counts: defaultdict[str, int] = defaultdict(int)
        #: The hash of each kind, which its n-th one goes on from.
        self._begun: dict[str, blake2b] = {}
        self._requests = blake2b(b"request", digest_size=64, key=self._key)
        self._request = 0
        #: The next request ids, the first last: one hash is enough for four of them.
        self._ready: list[str] = []

    def _digest(self, kind: str) -> bytes:
        """Seventeen bytes for the next one of a kind."""
        self._counts[kind] = n = self._counts[kind] + 1
        return self._nth(kind, n)

    def _nth(self, kind: str, n: int) -> bytes:
        begun = self._begun.get(kind)
        if begun is None:
            begun = self._begun[kind] = blake2b(kind.encode() + b"/", digest_size=17, key=self._key)
        mixed = begun.copy()
        mixed.update(b"%d" % n)
        return mixed.digest()

    def resource_id(self, prefix: str, site: str = "bp1") -> str:
        """The next id of a resource: `i-bp1` and 17 more characters, `ds-bp1…`, `vsw-bp1…`."""
        return f"{prefix}-{site}{self._digest(prefix).translate(_CHARACTERS).decode()}"

    def hex_id(self, prefix: str) -> str:
        """The next id of a command or invocation: `c-` or `t-` and 32 hexadecimal digits."""
        return f"{prefix}-{self._digest(prefix).hex()[:32]}"

    def can_make(self, id: str) -> bool:
        """Whether this is the ID of a resource, a command or an invocation: one that it has made, or one of the next
        thousand of the kind, which a run with the same seed may have told."""
        kind, _, rest = id.partition("-")
        for n in range(1, self._counts.get(kind, 0) + _AHEAD + 1):
            digest = self._nth(kind, n)
            if rest == digest.hex()[:32] or rest[_SITE:] == digest.translate(_CHARACTERS).decode():
                return True
        return False

    def number(self, kind: str) -> str:
        """The next number of a kind, such as of orders: fifteen digits, the first no zero."""
        return str(10**14 + int.from_bytes(self._digest(kind)) % (9 * 10**14))

    def request_id(self) -> str:
        """The next request id, a UUID in capitals."""
        if not self._ready:
            self._request = n = self._request + 1
            mixed = self._requests.copy()
            mixed.update(n.to_bytes(8, "big"))
            said = mixed.hexdigest().upper()
            self._ready = [_as_uuid(said[at : at + 32], "A") for at in (96, 64, 32, 0)]
        return self._ready.pop()

    def uuid(self, kind: str) -> str:
        """The next UUID of a kind, in lower case."""
        return _as_uuid(self._digest(kind).hex(), "a")

    def sign(self, *said: object) -> str:
        """Forty hexadecimal digits that nobody can make who does not know the seed; the same for the same words."""
        return blake2b("/".join(map(str, said)).encode(), digest_size=20, key=self._key).hexdigest()

    def stream(self, name: str) -> random.Random:
        """A generator of its own for one purpose; the same name gives the same numbers again."""
        import random  # Few ask for one.

        return random.Random(blake2b(name.encode(), digest_size=8, key=self._key).digest())


def _as_uuid(h: str, variant: str) -> str:
    """The first 32 hexadecimal digits of a text as a random UUID."""
    return f"{h[:8]}-{h[8:12]}-4{h[13:16]}-{variant}{h[17:20]}-{h[20:32]}"
