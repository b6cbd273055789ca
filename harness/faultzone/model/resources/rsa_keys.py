"""RSA keys of 2048 bits for tests, made at once: of pairs of primes that are known. They keep nothing secret.

To look for two primes takes a second, and a region must not wait. So each prime is what follows a hash, by so much as
the table says.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from hashlib import blake2b, md5
from typing import Final, NamedTuple

#: How far each prime is from the odd number that its hash gives, in steps of two.
_STEPS: Final = (
    231, 362, 92, 157, 597, 234, 280, 1320, 147, 93, 592, 81, 435, 332, 8, 28, 569, 471, 2236, 413, 45, 334, 215, 148,
    78, 744, 14, 471, 240, 577, 243, 173, 150, 6, 400, 115, 38, 518, 149, 194, 345, 91, 257, 4, 222, 67, 138, 213,
)  # fmt: skip
_BITS: Final = 1024
_EXPONENT: Final = 65537
#: How many keys there are: the pairs of primes.
KEYS: Final = len(_STEPS) * (len(_STEPS) - 1) // 2
_KIND: Final = b"ssh-rsa"
#: What the DER of a private key says of its kind: rsaEncryption, without parameters.
_RSA: Final = bytes.fromhex("300d06092a864886f70d0101010500")
_INTEGER, _OCTETS, _SEQUENCE = 0x02, 0x04, 0x30
_LINE: Final = 64


class Key(NamedTuple):
    """A key: the public one as OpenSSH writes it, and the private one as PKCS #8 in PEM."""

    public: str
    private: str


def _prime(number: int) -> int:
    raw = b"".join(blake2b(b"prime %d %d" % (number, part)).digest() for part in range(2))
    return (int.from_bytes(raw) | 3 << _BITS - 2 | 1) + 2 * _STEPS[number]


def _pairs() -> Iterator[tuple[int, int]]:
    for apart in range(1, len(_STEPS)):
        for first in range(len(_STEPS) - apart):
            yield first, first + apart


def key(number: int) -> Key:
    """The key of a number below `KEYS`; each is another."""
    one, other = next(pair for n, pair in enumerate(_pairs()) if n == number)
    p, q = _prime(one), _prime(other)
    modulus, private = p * q, pow(_EXPONENT, -1, (p - 1) * (q - 1))
    parts = (0, modulus, _EXPONENT, private, p, q, private % (p - 1), private % (q - 1), pow(q, -1, p))
    inner = _tagged(_SEQUENCE, b"".join(_tagged(_INTEGER, _signed(each)) for each in parts))
    outer = _tagged(_SEQUENCE, _tagged(_INTEGER, b"\0") + _RSA + _tagged(_OCTETS, inner))
    text = base64.b64encode(outer).decode()
    lines = [text[at : at + _LINE] for at in range(0, len(text), _LINE)]
    pem = "\n".join(["-----BEGIN PRIVATE KEY-----", *lines, "-----END PRIVATE KEY-----", ""])
    blob = b"".join(_counted(each) for each in (_KIND, _signed(_EXPONENT), _signed(modulus)))
    return Key(f"{_KIND.decode()} {base64.b64encode(blob).decode()}", pem)


def finger_print(blob: bytes) -> str:
    """The fingerprint of the bytes of a public key, by RFC 4716: their MD5."""
    return md5(blob, usedforsecurity=False).digest().hex(":")


def _signed(number: int) -> bytes:
    """A number that is not negative, as bytes the first bit of which is its sign."""
    return number.to_bytes(number.bit_length() // 8 + 1)


def _counted(part: bytes) -> bytes:
    return len(part).to_bytes(4) + part


def _tagged(tag: int, content: bytes) -> bytes:
    """A value of DER."""
    size = len(content)
    if size < 128:
        return bytes((tag, size)) + content
    length = size.to_bytes((size.bit_length() + 7) // 8)
    return bytes((tag, 128 | len(length))) + length + content
