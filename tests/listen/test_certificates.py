"""Certificates as they are written here, read by `cryptography`, and judged by OpenSSL at its strictest."""

from __future__ import annotations

import ssl
from contextlib import suppress
from datetime import UTC, datetime
from ipaddress import ip_address

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from faultzone.listen import certificates
from faultzone.listen.authority import Authority

NAMES = ("ecs.cn-hangzhou.aliyuncs.com", "*.axt.aliyun.com", "127.0.0.1", "::1")


@pytest.fixture(scope="module")
def issuer() -> certificates.Issuer:
    return certificates.authority()


def read(pem: str) -> x509.Certificate:
    return x509.load_pem_x509_certificate(pem[pem.index("-----BEGIN CERTIFICATE") :].encode())


def test_an_authority_signs_itself_and_may_sign_others(issuer: certificates.Issuer) -> None:
    made = read(issuer.certificate)
    made.verify_directly_issued_by(made)
    assert made.subject.public_bytes() == issuer.name
    extensions = made.extensions
    assert extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    assert extensions.get_extension_for_class(x509.KeyUsage).value.key_cert_sign
    assert extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest == issuer.key_id
    key = load_pem_private_key(issuer.key_pem.encode(), None)
    assert isinstance(key, EllipticCurvePrivateKey)
    assert key.private_numbers() == issuer.key.private_numbers()


def test_a_certificate_has_its_names_and_no_right_to_sign(issuer: certificates.Issuer) -> None:
    pem = certificates.issue(issuer, NAMES)
    made = read(pem)
    made.verify_directly_issued_by(read(issuer.certificate))
    names = made.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == [*NAMES[:2]]
    assert names.get_values_for_type(x509.IPAddress) == [*map(ip_address, NAMES[2:])]
    assert not made.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    usage = made.extensions.get_extension_for_class(x509.KeyUsage).value
    assert (usage.digital_signature, usage.key_encipherment, usage.key_cert_sign) == (True, True, False)
    assert (made.not_valid_before_utc, made.not_valid_after_utc) == (
        datetime(2000, 1, 1, tzinfo=UTC),
        datetime(3000, 1, 1, tzinfo=UTC),
    )
    key = load_pem_private_key(pem.encode(), None)
    assert key.public_key() == made.public_key()


def test_no_two_have_the_same_number_or_name(issuer: certificates.Issuer) -> None:
    made = [read(issuer.certificate), *(read(certificates.issue(issuer, NAMES)) for _ in range(8))]
    assert len({each.serial_number for each in made}) == len({each.subject for each in made}) == len(made)
    assert all(0 < each.serial_number < 1 << 159 for each in made)


@pytest.mark.parametrize("name", NAMES[:1] + NAMES[2:] + ("some.axt.aliyun.com",))
def test_openssl_takes_it_at_its_strictest(name: str) -> None:
    authority = Authority()
    trusting = ssl.create_default_context(cadata=authority.certificate)
    trusting.verify_flags |= ssl.VERIFY_X509_STRICT
    to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = trusting.wrap_bio(to_client, to_server, server_hostname=name)
    server = authority.context(*NAMES).wrap_bio(to_server, to_client, server_side=True)
    for end in (client, server, client, server):
        with suppress(ssl.SSLWantReadError):
            end.do_handshake()
    assert client.getpeercert()


@pytest.mark.parametrize(
    "name",
    ["", ".", "a..b", "a_b.example", "-a.example", "a-.example", "*.", "a*.example", "a b", "é.example", "a" * 64],
)
def test_what_is_no_name_of_a_host_has_none(issuer: certificates.Issuer, name: str) -> None:
    with pytest.raises(ValueError, match="is no name of a host"):
        certificates.issue(issuer, (name,))


@pytest.mark.parametrize("count", [1, 12, 40])
def test_a_length_takes_one_byte_or_more(issuer: certificates.Issuer, count: int) -> None:
    names = tuple(f"n{number}.example" for number in range(count))
    found = read(certificates.issue(issuer, names)).extensions.get_extension_for_class(x509.SubjectAlternativeName)
    assert found.value.get_values_for_type(x509.DNSName) == [*names]
