"""Key pairs: that their keys are real ones, and that no private key is written down."""

from __future__ import annotations

import base64
import json
from hashlib import md5
from itertools import pairwise
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from faultzone import Region, make_region
from faultzone.model.resources import rsa_keys

WINDOWS = "win2016_64_dtc_1607_en-us_40G_alibase_20181220.vhd"


@pytest.fixture
def region() -> Region:
    return make_region(edition="2026-10")


def public(region: Region, name: str) -> str:
    (shown,) = region.call("DescribeKeyPairs", KeyPairName=name, IncludePublicKey=True)["KeyPairs"]["KeyPair"]
    return str(shown["PublicKey"])


@pytest.mark.parametrize("number", [0, 1, 47, rsa_keys.KEYS - 1])
def test_a_key_is_one_that_others_read(number: int) -> None:
    key = rsa_keys.key(number)
    private = load_pem_private_key(key.private.encode(), None)
    assert isinstance(private, RSAPrivateKey)
    assert private.key_size == 2048
    assert private.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode() == key.public


def test_each_key_is_another() -> None:
    keys = [rsa_keys.key(number).public for number in range(0, rsa_keys.KEYS, 37)]
    assert len({*keys}) == len(keys)


def test_a_pair_is_made_of_such_a_key_and_has_its_fingerprint(region: Region) -> None:
    made: dict[str, Any] = region.call("CreateKeyPair", KeyPairName="web")
    line = public(region, "web")
    assert line in [rsa_keys.key(number).public for number in range(rsa_keys.KEYS)]
    blob = base64.b64decode(line.split()[1])
    assert made["KeyPairFingerPrint"] == md5(blob, usedforsecurity=False).digest().hex(":")
    assert made["KeyPairId"].startswith("skp-")


def test_the_same_seed_makes_the_same_keys() -> None:
    def keys(seed: int) -> list[str]:
        region = make_region(seed=seed)
        return [region.call("CreateKeyPair", KeyPairName=name)["PrivateKeyBody"] for name in ("web", "back", "db")]

    assert keys(1) == keys(1)
    assert keys(1) != keys(2)
    assert all(one != other for one, other in pairwise(keys(1)))


def test_no_journal_has_a_private_key(region: Region) -> None:
    made = region.call("CreateKeyPair", KeyPairName="web")
    body = made["PrivateKeyBody"].splitlines()[3]
    assert body not in json.dumps([list(entry) for entry in region.journal.entries], default=dict)


def test_an_instance_with_windows_has_none(region: Region) -> None:
    region.call("CreateKeyPair", KeyPairName="web")
    (instance,) = region.run_instances(1, wait=False, ImageId=WINDOWS, KeyPairName="web")
    assert instance.describe()["KeyPairName"] == ""


def test_the_first_public_key_is_found_by_its_number(region: Region) -> None:
    made = region.call("CreateKeyPair", KeyPairName="web")
    (instance,) = region.run_instances(1, KeyPairName="web")

    def asked(path: str) -> tuple[int, str]:
        told = region.control("metadata", instance=instance.id, path=f"/latest/meta-data/{path}")
        return told["status"], told["text"]

    assert asked("public-keys/") == (200, f"{made['KeyPairId']}/")
    assert asked("public-keys/0/openssh-key") == asked(f"public-keys/{made['KeyPairId']}/openssh-key")
    assert asked("public-keys/0/openssh-key") == (200, public(region, "web"))
    assert asked("public-keys/1/openssh-key")[0] == 404
