"""Who vouches for the names that a server has: a certificate authority of its own. Needs the extra `tls`."""

from __future__ import annotations

import os
import ssl
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Final

from faultzone.errors import NotSupported, UsageError

if TYPE_CHECKING:
    import trustme

#: What a user writes where TLS is asked for and cannot be spoken.
ADVICE: Final = "pip install 'pytest-faultzone[tls]'"
#: How many names have a certificate at a time; each is made in a millisecond.
_NAMES_MAX: Final = 1_000
_ORGANIZATION: Final = "faultzone"
#: In the folder of an authority that is kept: its certificate, for whoever is to trust it, and both it and its key.
CERTIFICATE: Final = "ca.pem"
_PAIR: Final = "authority.pem"


class Authority:
    """A certificate authority. It is made when it is first asked, which takes a tenth of a second.

    Its certificates are good until the year 3000: a program under test may have another time than this process.

    Args:
        folder: where it is kept, so that the next process has the same one; None for one that ends with the process.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._lock = Lock()

    @cached_property
    def _made(self) -> trustme.CA:
        try:
            import trustme
        except ImportError:
            raise NotSupported(f"TLS needs an extra: {ADVICE}") from None
        if self._folder is None:
            return trustme.CA(organization_name=_ORGANIZATION)
        return _kept(self._folder)

    @property
    def _authority(self) -> trustme.CA:
        with self._lock:  # The thread that serves may ask at the same time.
            return self._made

    @property
    def certificate(self) -> str:
        """Its own certificate, in PEM, for whoever is to trust it.

        Raises:
            NotSupported: the extra is not installed.
            UsageError: it cannot be kept in its folder.
        """
        return self._authority.cert_pem.bytes().decode()

    def context(self, *names: str) -> ssl.SSLContext:
        """What a server shows: a certificate for host names, with wildcards, and addresses.

        Raises:
            NotSupported: the extra is not installed.
            ValueError: one of them is no name of a host.
        """
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        # No protocol but this one is spoken. A client could have the server sign again and again.
        made.set_alpn_protocols(["http/1.1"])
        made.options |= ssl.OP_NO_RENEGOTIATION
        _load(made, self._authority.issue_cert(*names).private_key_and_cert_chain_pem.bytes())
        return made

    def context_by_name(self, is_ours: Callable[[str], bool], addresses: Sequence[str]) -> ssl.SSLContext:
        """What a server shows that has many names: a certificate for the one that a client asks for (SNI).

        Args:
            is_ours: whether a name, in lower case, is the server's; another is refused with an alert.
            addresses: the addresses that clients call the server by, who then ask for no name.
        """
        contexts: dict[str, ssl.SSLContext] = {}

        def choose(tls: ssl.SSLObject, asked: str | None, _: ssl.SSLContext) -> int | None:
            if asked is None:
                return None
            name = asked.lower().removesuffix(".")
            if name not in contexts:
                if not is_ours(name):
                    return int(ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME)
                if len(contexts) >= _NAMES_MAX:
                    contexts.clear()
                try:
                    contexts[name] = self.context(name)
                except ValueError:
                    return int(ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME)
            tls.context = contexts[name]
            return None

        made = self.context("localhost", *addresses)
        made.sni_callback = choose
        return made


def _load(context: ssl.SSLContext, pem: bytes) -> None:
    """Let a context show a certificate. Its private key is in no file, which would stay if this process was killed."""
    with ExitStack() as open_:
        paths = []
        for _ in range(2):  # One is read for the certificate, the other for the key.
            reading, writing = os.pipe()
            open_.callback(os.close, reading)
            with os.fdopen(writing, "wb") as file:
                file.write(pem)
            paths.append(f"/dev/fd/{reading}")
        context.load_cert_chain(*paths)


def _kept(folder: Path) -> trustme.CA:
    """The authority of a folder, made when there is none yet; of two processes that make one, both have the first."""
    import trustme

    pair = folder / _PAIR
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not pair.exists():
            made = trustme.CA(organization_name=_ORGANIZATION)
            _write(pair, made.private_key_pem.bytes() + made.cert_pem.bytes(), new=True)
        both = pair.read_bytes()
        read = _read(both, pair)
        if not (shown := folder / CERTIFICATE).exists() or shown.read_bytes() != read.cert_pem.bytes():
            _write(shown, read.cert_pem.bytes(), new=False, mode=0o644)
    except OSError as error:
        raise UsageError(
            f"{folder}: expected a directory in which the authority can be kept; {error.strerror or error}"
        ) from None
    return read


def _read(both: bytes, pair: Path) -> trustme.CA:
    import trustme
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    key, found, rest = both.partition(b"-----BEGIN CERTIFICATE-----")
    try:
        certificate = x509.load_pem_x509_certificate(found + rest)
        if load_pem_private_key(key, None).public_key() != certificate.public_key():
            raise ValueError
    except (ValueError, TypeError):
        raise UsageError(
            f"{pair}: expected a key with its certificate; remove the file, and a new one is made"
        ) from None
    begins, ends = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    if not begins <= datetime.now(UTC) < ends:
        raise UsageError(
            f"{pair}: expected a certificate that is good today, found one from {begins:%Y-%m-%d} "
            f"to {ends:%Y-%m-%d}; remove the file, and a new one is made"
        )
    return trustme.CA.from_pem(found + rest, key)


def _write(path: Path, data: bytes, *, new: bool, mode: int = 0o600) -> None:
    """Write a file whole or not at all; with `new`, one that is there already stays."""
    from tempfile import NamedTemporaryFile

    with NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
        try:
            file.write(data)
            file.flush()
            os.fchmod(file.fileno(), mode)
            if new:
                with suppress(FileExistsError):
                    os.link(file.name, path)
            else:
                os.replace(file.name, path)
        finally:
            with suppress(FileNotFoundError):
                os.unlink(file.name)
