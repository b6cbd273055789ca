"""What a program is given: files and variables that trust an authority, names, and what it may reach besides."""

from __future__ import annotations

import hashlib
import shutil
import ssl
import struct
import subprocess
from pathlib import Path

import pytest

from faultzone.api import products
from faultzone.errors import UsageError
from faultzone.listen.authority import Authority
from faultzone.programs import trust
from faultzone.programs.environments import keys
from faultzone.programs.names import hosts, hosts_file
from faultzone.programs.passed import Passed
from faultzone.programs.trust import ADDING, REPLACING, Trust
from tests.support.patience import PATIENCE


@pytest.fixture(scope="module")
def certificate() -> str:
    return Authority().certificate


@pytest.fixture
def system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A system's bundle, and nothing else that brings one."""
    (bundle := tmp_path / "system.pem").write_text("THE SYSTEM'S\n")
    monkeypatch.setattr(trust, "BUNDLES", (str(bundle), str(tmp_path / "missing.pem")))
    monkeypatch.setattr(trust, "_JAVA", ())
    monkeypatch.setattr(trust, "_JAVA_HOMES", str(tmp_path / "jvm/*/cacerts"))
    monkeypatch.setattr(trust, "_PYTHON", ("lib/python3*/*-packages/certifi/cacert.pem",))
    return bundle


def test_what_a_variable_names_is_appended_to_and_not_replaced(tmp_path: Path, system: Path, certificate: str) -> None:
    (own := tmp_path / "own.pem").write_text("MY OWN")
    (folder := tmp_path / "folder").mkdir()
    (folder / "a.0").write_text("ONE")
    (folder / "b.0").write_text("TWO")
    given = {"REQUESTS_CA_BUNDLE": str(own), "CURL_CA_BUNDLE": str(folder), ADDING: str(own), "SSL_CERT_FILE": "/none"}
    found = Trust(tmp_path, certificate).variables(given)
    assert found.keys() == {*REPLACING, ADDING}
    read = {name: Path(path).read_text() for name, path in found.items()}
    assert read["REQUESTS_CA_BUNDLE"] == read[ADDING] == "MY OWN\n" + certificate
    assert read["CURL_CA_BUNDLE"] == "ONE\nTWO\n" + certificate
    assert read["SSL_CERT_FILE"] == read["ALIBABA_CLOUD_CA_BUNDLE"] == system.read_text() + "\n" + certificate
    assert own.read_text() == "MY OWN"
    assert Path(Trust(tmp_path, certificate).variables({})[ADDING]).read_text() == certificate


def test_the_files_of_the_system_and_of_a_programs_python_are_taken_the_place_of(
    tmp_path: Path, system: Path, certificate: str
) -> None:
    (tmp_path / "link.pem").symlink_to(system)
    python, script = tmp_path / "home/bin/python3", tmp_path / "tool"
    bundle = tmp_path / "home/lib/python3.11/site-packages/certifi/cacert.pem"
    bundle.parent.mkdir(parents=True)
    bundle.write_text("CERTIFI'S")
    python.parent.mkdir()
    script.write_text(f"#!{python}\n")
    script.chmod(0o755)
    mounted = {
        target: Path(made).read_text()
        for made, target in Trust(tmp_path, certificate).mounts(str(script), {"PATH": ""})
    }
    assert mounted[str(system)] == system.read_text() + "\n" + certificate
    assert mounted[str(bundle)] == "CERTIFI'S\n" + certificate


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("keytool") is None, reason="Java is not installed")
@pytest.mark.parametrize("kind", ["jks", "pkcs12"])
def test_a_store_of_java_has_the_authority_besides(
    tmp_path: Path, system: Path, certificate: str, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Authority().certificate
    (pem := tmp_path / "other.pem").write_text(other)
    system.write_text(other)
    store = tmp_path / "jvm/17/cacerts"
    store.parent.mkdir(parents=True)
    at = ["-keystore", str(store), "-storepass", "changeit", "-storetype", kind]
    command = ["keytool", "-importcert", "-noprompt", "-alias", "other", "-file", str(pem), *at]
    subprocess.run(command, check=True, capture_output=True, timeout=PATIENCE)
    mounts = Trust(tmp_path, certificate).mounts("true", {"PATH": ""})
    (made,) = [made for made, target in mounts if target == str(store)]
    command = ["keytool", "-list", "-rfc", "-keystore", made, "-storepass", "changeit"]
    listed = subprocess.run(command, check=True, capture_output=True, text=True, timeout=PATIENCE).stdout
    assert "contains 2 entries" in listed
    for each in (certificate, other):
        assert "".join(each.split()) in "".join(listed.split())


def test_a_store_has_the_digest_that_java_checks(tmp_path: Path, certificate: str) -> None:
    (store := tmp_path / "cacerts").write_bytes(struct.pack(">III", 0xFEEDFEED, 2, 0) + b"d" * 20)
    made = Trust(tmp_path, certificate)._store(store)
    assert struct.unpack(">III", made[:12]) == (0xFEEDFEED, 2, 1)
    assert ssl.PEM_cert_to_DER_cert(certificate) in made
    secret = "changeit".encode("utf-16-be") + b"Mighty Aphrodite"
    assert made[-20:] == hashlib.sha1(secret + made[:-20]).digest()


def test_the_clouds_names_are_loopback() -> None:
    names = hosts(["cn-hangzhou", "eu-west-1"])
    assert {"ecs.cn-hangzhou.aliyuncs.com", "vpc.eu-west-1.aliyuncs.com", "sts.aliyuncs.com"} <= {*names}
    lines = hosts_file(["cn-hangzhou"], {"pypi.example": "127.0.2.1", "localhost": "127.0.0.1"}).splitlines()
    assert lines[0] == "127.0.0.1 localhost"
    assert "127.0.0.1 ecs.cn-hangzhou.aliyuncs.com" in lines
    assert lines[-1] == "127.0.2.1 pypi.example"
    assert keys("id", "secret", "cn-beijing")["ALICLOUD_REGION"] == "cn-beijing"


def test_each_host_that_is_let_out_has_an_address() -> None:
    passed = Passed(["pypi.example", "db.example:5432", "pypi.example:443", "localhost:8080", "10.1.2.3:22"])
    assert passed.names == {
        "pypi.example": "127.0.2.1",
        "db.example": "127.0.2.2",
        "localhost": "127.0.0.1",
        "10.1.2.3": "10.1.2.3",
    }
    assert passed.addresses == ["10.1.2.3"]
    assert list(zip(passed.sockets, passed.targets, strict=True)) == [
        (("127.0.2.1", 80, "tcp"), ("pypi.example", 80)),
        (("127.0.2.1", 443, "tcp"), ("pypi.example", 443)),
        (("127.0.2.2", 5432, "tcp"), ("db.example", 5432)),
        (("127.0.0.1", 8080, "tcp"), ("localhost", 8080)),
        (("10.1.2.3", 22, "tcp"), ("10.1.2.3", 22)),
    ]


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ("ecs.cn-hangzhou.aliyuncs.com", "a host that is not the cloud's"),
        ("100.100.100.200", "a host that is not the cloud's"),
        ("localhost", "another port"),
        ("127.0.0.1:443", "another port"),
        ("localhost:0", "HOST or HOST:PORT"),
        ("localhost:65536", "HOST or HOST:PORT"),
        ("[::1]:22", "HOST or HOST:PORT"),
        ("http://a.example", "HOST or HOST:PORT"),
        ("a b", "HOST or HOST:PORT"),
        ("", "HOST or HOST:PORT"),
    ],
)
def test_what_cannot_be_let_out(given: str, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        Passed([given])


def test_no_more_is_let_out_than_sockets_can_be_handed_over() -> None:
    with pytest.raises(UsageError, match="at most 100 hosts"):
        Passed([f"h{each}.example" for each in range(101)])


def test_each_simulated_product_has_its_names() -> None:
    regions = ["cn-hangzhou", "cn-beijing"]
    assert {*products.hosts(regions)} <= {*hosts(regions)}
