"""Certificates: as much of X.509 (RFC 5280) as an authority needs whose names and keys are all its own.

They are written here in DER, and only the keys are `cryptography`'s: its package for certificates takes a quarter of
the time in which `faultzone run` begins to import.
"""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from ipaddress import ip_address
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

#: When they begin and end to be good: a program under test may have another time than this process.
BEGINS: Final = b"20000101000000Z"
ENDS: Final = b"30000101000000Z"

#: A name of a host in ASCII, which may have a wildcard.
_HOST: Final = re.compile(
    r"(?=.{1,253}$)(\*\.)?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
)
_LINE: Final = 64

# Tags of DER.
_BOOLEAN, _INTEGER, _BITS, _BYTES, _OBJECT, _TEXT = 0x01, 0x02, 0x03, 0x04, 0x06, 0x0C
_TIME_OF_TWO_DIGITS, _TIME, _SEQUENCE, _SET = 0x17, 0x18, 0x30, 0x31
#: The tag of a field that has a number, of one value and of several.
_FIELD, _FIELDS = 0x80, 0xA0

# Kinds of keys and signatures, attributes of names, and extensions.
_KEY, _CURVE, _SIGNED = "1.2.840.10045.2.1", "1.2.840.10045.3.1.7", "1.2.840.10045.4.3.2"
_ORGANIZATION, _UNIT = "2.5.4.10", "2.5.4.11"
_KEY_ID, _USAGE, _NAMES, _CONSTRAINTS, _ISSUER_KEY_ID, _PURPOSES = (f"2.5.29.{n}" for n in (14, 15, 17, 19, 35, 37))
#: Purposes: of a server and of a client.
_SERVER, _CLIENT = "1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"
#: Usages as a string of bits, with the number of those at its end that mean nothing: to sign, to sign and to encipher
#: keys, and to sign also certificates.
_TO_SERVE, _TO_CERTIFY = b"\x05\xa0", b"\x01\x86"


class Issuer(NamedTuple):
    """An authority: its key, and its certificate.

    Attributes:
        certificate: in PEM.
        name: what those that it signs say of it, in DER.
        key_id: what they call its key.
    """

    key: EllipticCurvePrivateKey
    certificate: str
    name: bytes
    key_id: bytes

    @property
    def key_pem(self) -> str:
        """Its key in PEM."""
        return _key_pem(self.key)


def authority() -> Issuer:
    """A new authority.

    Raises:
        ImportError: `cryptography` is not installed.
    """
    key, name = _new_key(), _name("authority")
    extensions = [
        _extension(_CONSTRAINTS, _tlv(_SEQUENCE, _tlv(_BOOLEAN, b"\xff")), critical=True),
        _extension(_USAGE, _tlv(_BITS, _TO_CERTIFY), critical=True),
    ]
    return Issuer(key, _certificate(key, name, name, extensions, key), name, key_id(key))


def issue(issuer: Issuer, names: tuple[str, ...]) -> str:
    """A new key with its certificate for a server, in PEM.

    Args:
        names: of hosts in small letters, with wildcards, and addresses.

    Raises:
        ValueError: one of them is no name of a host.
    """
    key = _new_key()
    extensions = [
        _extension(_CONSTRAINTS, _tlv(_SEQUENCE), critical=True),
        _extension(_ISSUER_KEY_ID, _tlv(_SEQUENCE, _tlv(_FIELD | 0, issuer.key_id))),
        _extension(_NAMES, _tlv(_SEQUENCE, *map(_general_name, names)), critical=True),
        _extension(_USAGE, _tlv(_BITS, _TO_SERVE), critical=True),
        _extension(_PURPOSES, _tlv(_SEQUENCE, _object(_SERVER), _object(_CLIENT))),
    ]
    made = _certificate(key, _name("server"), issuer.name, extensions, issuer.key)
    return _key_pem(key) + made


def key_id(key: EllipticCurvePrivateKey) -> bytes:
    """What certificates call a key, unless its own calls it otherwise."""
    return hashlib.sha1(_point(key), usedforsecurity=False).digest()


def _new_key() -> EllipticCurvePrivateKey:
    from cryptography.hazmat.primitives.asymmetric import ec

    return ec.generate_private_key(ec.SECP256R1())


def _certificate(
    key: EllipticCurvePrivateKey,
    name: bytes,
    issuer: bytes,
    extensions: list[bytes],
    signing: EllipticCurvePrivateKey,
) -> str:
    """A certificate in PEM: of a key, with a name, and signed by a key of the issuer's name."""
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec

    algorithm = _tlv(_SEQUENCE, _object(_SIGNED))
    extensions = [*extensions, _extension(_KEY_ID, _tlv(_BYTES, key_id(key)))]
    signed = _tlv(
        _SEQUENCE,
        _tlv(_FIELDS | 0, _integer(2)),  # The third version, which has extensions.
        _integer(secrets.randbits(159) | 1),
        algorithm,
        issuer,
        _tlv(_SEQUENCE, _time(BEGINS), _time(ENDS)),
        name,
        _tlv(_SEQUENCE, _tlv(_SEQUENCE, _object(_KEY), _object(_CURVE)), _tlv(_BITS, b"\0", _point(key))),
        _tlv(_FIELDS | 3, _tlv(_SEQUENCE, *extensions)),
    )
    signature = signing.sign(signed, ec.ECDSA(hashes.SHA256()))
    return _pem("CERTIFICATE", _tlv(_SEQUENCE, signed, algorithm, _tlv(_BITS, b"\0", signature)))


def _key_pem(key: EllipticCurvePrivateKey) -> str:
    """A key in PEM, as RFC 5915 has it."""
    value = key.private_numbers().private_value.to_bytes(32)
    parts = (_integer(1), _tlv(_BYTES, value), _tlv(_FIELDS | 0, _object(_CURVE)))
    return _pem("EC PRIVATE KEY", _tlv(_SEQUENCE, *parts, _tlv(_FIELDS | 1, _tlv(_BITS, b"\0", _point(key)))))


def _point(key: EllipticCurvePrivateKey) -> bytes:
    """The public key: a point of the curve."""
    found = key.public_key().public_numbers()
    return b"\x04" + found.x.to_bytes(32) + found.y.to_bytes(32)


def _name(what: str) -> bytes:
    """A name that no other certificate has: a client must not take one authority for another."""
    unit = f"{what} {secrets.token_hex(8)}"
    pairs = ((_ORGANIZATION, "faultzone"), (_UNIT, unit))
    return _tlv(
        _SEQUENCE,
        *(_tlv(_SET, _tlv(_SEQUENCE, _object(kind), _tlv(_TEXT, text.encode()))) for kind, text in pairs),
    )


def _general_name(name: str) -> bytes:
    try:
        return _tlv(_FIELD | 7, ip_address(name).packed)
    except ValueError:
        if not _HOST.fullmatch(name):
            raise ValueError(f"{name!r} is no name of a host") from None
        return _tlv(_FIELD | 2, name.encode())


def _extension(kind: str, value: bytes, *, critical: bool = False) -> bytes:
    flag = _tlv(_BOOLEAN, b"\xff") if critical else b""
    return _tlv(_SEQUENCE, _object(kind), flag, _tlv(_BYTES, value))


def _time(text: bytes) -> bytes:
    """An instant: of years before 2050, two digits are written."""
    return _tlv(_TIME_OF_TWO_DIGITS, text[2:]) if text < b"2050" else _tlv(_TIME, text)


def _integer(value: int) -> bytes:
    """A whole number that is not negative."""
    return _tlv(_INTEGER, value.to_bytes(value.bit_length() // 8 + 1))


def _object(dotted: str) -> bytes:
    """The identifier of an object."""
    first, second, *rest = map(int, dotted.split("."))
    written = bytearray([first * 40 + second])
    for number in rest:
        groups = [number & 0x7F]
        while number := number >> 7:
            groups.append(number & 0x7F | 0x80)
        written += bytes(reversed(groups))
    return _tlv(_OBJECT, bytes(written))


def _tlv(tag: int, *parts: bytes) -> bytes:
    """One value of DER: its tag, its length, and what it is made of."""
    content = b"".join(parts)
    size = len(content)
    if size < 0x80:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8)
    return bytes([tag, 0x80 | len(length)]) + length + content


def _pem(label: str, data: bytes) -> str:
    text = base64.b64encode(data).decode()
    lines = (text[at : at + _LINE] for at in range(0, len(text), _LINE))
    return "\n".join((f"-----BEGIN {label}-----", *lines, f"-----END {label}-----", ""))
