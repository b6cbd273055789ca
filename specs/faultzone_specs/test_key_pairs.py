"""SSH key pairs: made, imported, listed and deleted, and given to instances."""

from __future__ import annotations

import base64
import re
from functools import partial
from typing import Any

import pytest

from faultzone import ApiError, Instance, Region, assert_refused, one

clause, needs = pytest.mark.clause, pytest.mark.needs

WINDOWS = "win2016_64_dtc_1607_en-us_40G_alibase_20181220.vhd"
FINGER_PRINT = re.compile(r"[0-9a-f]{2}(:[0-9a-f]{2})+")
KEYS = "/latest/meta-data/public-keys/"
Answer = dict[str, Any]


def line(kind: str = "ssh-rsa", key: bytes = b"\0\0\0\3\1\0\1") -> str:
    """The public key of a pair as OpenSSH writes it."""
    blob = len(kind).to_bytes(4, "big") + kind.encode() + key
    return f"{kind} {base64.b64encode(blob).decode()} somebody@somewhere"


def import_pair(region: Region, name: str, body: str = line(), **given: object) -> Answer:
    return region.call("ImportKeyPair", KeyPairName=name, PublicKeyBody=body, **given)


def pairs(region: Region, **filters: object) -> set[str]:
    listed = region.call("DescribeKeyPairs", PageSize=50, **filters)["KeyPairs"]["KeyPair"]
    return {each["KeyPairName"] for each in listed}


def pair_of(instance: Instance) -> str:
    return str(instance.describe()["KeyPairName"])


def attach(region: Region, name: str, *instances: Instance) -> Answer:
    return region.call("AttachKeyPair", KeyPairName=name, InstanceIds=[each.id for each in instances])


def detach(region: Region, name: str, *instances: Instance) -> Answer:
    return region.call("DetachKeyPair", KeyPairName=name, InstanceIds=[each.id for each in instances])


@clause("resource/create-key-pair")
def test_a_key_pair_is_made_with_its_private_key(region: Region) -> None:
    first, second = (region.call("CreateKeyPair", KeyPairName=name) for name in ("web", "back"))
    for name, made in (("web", first), ("back", second)):
        assert made["KeyPairName"] == name
        assert FINGER_PRINT.fullmatch(made["KeyPairFingerPrint"])
        begin, *body, end = made["PrivateKeyBody"].strip().splitlines()
        assert (begin, end) == ("-----BEGIN PRIVATE KEY-----", "-----END PRIVATE KEY-----")
        assert base64.b64decode("".join(body), validate=True)[:1] == b"\x30"
        (shown,) = region.call("DescribeKeyPairs", KeyPairName=name)["KeyPairs"]["KeyPair"]
        assert shown["KeyPairFingerPrint"] == made["KeyPairFingerPrint"]
        assert "PrivateKeyBody" not in shown
    assert first["PrivateKeyBody"] != second["PrivateKeyBody"]
    assert first["KeyPairFingerPrint"] != second["KeyPairFingerPrint"]


@clause("resource/key-pair-name")
@pytest.mark.parametrize("name", ["w", "w" * 129, "1web", "-web", "http://web", "https://web"])
def test_names_are_within_bounds(region: Region, name: str) -> None:
    assert_refused("InvalidKeyPairName.Malformed", partial(region.call, "CreateKeyPair", KeyPairName=name))
    assert_refused("InvalidKeyPairName.Malformed", partial(import_pair, region, name))
    assert pairs(region) == set()


@clause("resource/key-pair-name")
def test_the_shortest_and_the_longest_name_are_taken(region: Region) -> None:
    names = {"we", "w" * 128, "Web:1_a-b"}
    for name in names:
        import_pair(region, name)
    assert pairs(region) == names


def check_twice(region: Region, code: str) -> None:
    made = region.call("CreateKeyPair", KeyPairName="web")
    assert_refused(code, partial(region.call, "CreateKeyPair", KeyPairName="web"))
    assert_refused(code, partial(import_pair, region, "web"))
    (shown,) = region.call("DescribeKeyPairs")["KeyPairs"]["KeyPair"]
    assert shown["KeyPairFingerPrint"] == made["KeyPairFingerPrint"]


@clause("resource/key-pair-again")
def test_a_name_is_given_once(region: Region) -> None:
    check_twice(region, "InvalidKeyPairName.Malformed")


@clause("resource/key-pair-exists")
def test_a_name_that_is_there_is_said_so(region: Region) -> None:
    check_twice(region, "KeyPair.AlreadyExist")


@clause("resource/key-pair-quota")
def test_a_region_has_five_hundred(region: Region) -> None:
    for number in range(499):
        import_pair(region, f"web-{number}")
    made = region.call("CreateKeyPair", KeyPairName="last")
    assert made["KeyPairName"] == "last"
    assert_refused("QuotaExceed.KeyPair", partial(region.call, "CreateKeyPair", KeyPairName="more"))
    region.call("DeleteKeyPairs", KeyPairNames=["web-7"])
    region.call("CreateKeyPair", KeyPairName="more")
    assert pairs(region, KeyPairName="more") == {"more"}


@clause("resource/import-key-pair")
@pytest.mark.parametrize("kind", ["ssh-rsa", "ssh-dss", "ecdsa-sha2-nistp256-cert-v01@openssh.com"])
def test_a_public_key_is_taken_in(region: Region, kind: str) -> None:
    first = import_pair(region, "web", line(kind))
    again = import_pair(region, "same", line(kind))
    other = import_pair(region, "other", line(kind, b"\0\0\0\3\1\0\3"))
    assert first["KeyPairName"] == "web"
    assert FINGER_PRINT.fullmatch(first["KeyPairFingerPrint"])
    assert first["KeyPairFingerPrint"] == again["KeyPairFingerPrint"] != other["KeyPairFingerPrint"]
    assert pairs(region, KeyPairFingerPrint=first["KeyPairFingerPrint"]) == {"web", "same"}


@clause("resource/import-key-pair")
@pytest.mark.parametrize(
    "body", ["key", "ssh-rsa", "ssh-rsa !", "ssh-rsa AAAA", line().replace("ssh-rsa ", "ssh-dss "), line("ssh-x")]
)
def test_what_is_no_public_key_is_not_taken(region: Region, body: str) -> None:
    assert_refused("InvalidPublicKeyBody.Malformed", partial(import_pair, region, "web", body))
    assert pairs(region) == set()


@clause("resource/delete-key-pairs")
def test_instances_keep_what_is_deleted(region: Region) -> None:
    for name in ("web", "back", "free"):
        import_pair(region, name)
    (instance,) = region.run_instances(1, wait=False, KeyPairName="web")
    region.call("DeleteKeyPairs", KeyPairNames=["web", "free"])
    assert pairs(region) == {"back"}
    assert pair_of(instance) == "web"
    assert_refused("InvalidKeyPairName.NotFound", partial(region.run_instances, 1, KeyPairName="web"))


@clause("resource/describe-key-pairs")
def test_key_pairs_are_found_by_each_condition(region: Region) -> None:
    import_pair(region, "web-1")
    print_of = import_pair(region, "web-2", line(key=b"\0\0\0\1\3"))["KeyPairFingerPrint"]
    region.call("CreateKeyPair", KeyPairName="back-web", Tag=[{"Key": "team", "Value": "red"}])
    region.call("CreateKeyPair", KeyPairName="back", Tag=[{"Key": "team", "Value": "blue"}])
    assert pairs(region, KeyPairName="web-*") == {"web-1", "web-2"}
    assert pairs(region, KeyPairName="*web") == {"back-web"}
    assert pairs(region, KeyPairName="*web*") == {"web-1", "web-2", "back-web"}
    assert pairs(region, KeyPairName="back") == {"back"}
    assert pairs(region, KeyPairFingerPrint=print_of) == {"web-2"}
    assert pairs(region, Tag=[{"Key": "team"}]) == {"back-web", "back"}
    assert pairs(region, Tag=[{"Key": "team", "Value": "red"}]) == {"back-web"}
    assert pairs(region, KeyPairName="web-*", Tag=[{"Key": "team"}]) == set()
    answer = region.call("DescribeKeyPairs", PageSize=3, PageNumber=2)
    assert (answer["TotalCount"], len(answer["KeyPairs"]["KeyPair"])) == (4, 1)


@clause("resource/unknown-key-pair")
@pytest.mark.parametrize("change", [attach, detach])
def test_a_key_pair_that_there_is_not_is_refused(region: Region, change: Any) -> None:
    import_pair(region, "web")
    (instance,) = region.run_instances(1, wait=False, KeyPairName="web")
    assert_refused("InvalidKeyPairName.NotFound", partial(change, region, "back", instance))
    assert pair_of(instance) == "web"


@clause("resource/attach-key-pair")
def test_a_key_pair_is_given_in_the_place_of_another(region: Region) -> None:
    for name in ("web", "back"):
        import_pair(region, name)
    first, second, third = region.run_instances(3)
    attach(region, "web", first, second)
    assert [pair_of(each) for each in (first, second, third)] == ["web", "web", ""]
    third.stop()
    attach(region, "back", second, third)
    assert [pair_of(each) for each in (first, second, third)] == ["web", "back", "back"]


@clause("resource/attach-key-pair")
def test_a_key_pair_is_given_to_fifty_at_once(region: Region) -> None:
    import_pair(region, "web")
    (instance,) = region.run_instances(1, wait=False)
    with pytest.raises(ApiError):
        region.call("AttachKeyPair", KeyPairName="web", InstanceIds=[instance.id] * 51)
    assert pair_of(instance) == ""


@clause("resource/key-pair-windows")
def test_windows_takes_no_key_pair(region: Region) -> None:
    import_pair(region, "web")
    (instance,) = region.run_instances(1, wait=False, ImageId=WINDOWS)
    assert_refused("DependencyViolation.WindowsInstance", partial(attach, region, "web", instance))
    assert pair_of(instance) == ""


@clause("resource/key-pair-results")
@pytest.mark.parametrize("change", ["AttachKeyPair", "DetachKeyPair"])
def test_what_becomes_of_each_is_told(region: Region, change: str) -> None:
    import_pair(region, "web")
    instances = region.run_instances(2, wait=False)
    ids = [instances[0].id, "i-no-such-thing", instances[1].id]
    told = region.call(change, KeyPairName="web", InstanceIds=ids)
    assert (told["KeyPairName"], int(told["TotalCount"]), int(told["FailCount"])) == ("web", 3, 1)
    results = {each["InstanceId"]: each for each in told["Results"]["Result"]}
    assert [results[id]["Success"].lower() for id in ids] == ["true", "false", "true"]
    assert [results[id]["Code"] for id in ids if id != "i-no-such-thing"] == ["200", "200"]
    assert {pair_of(each) for each in instances} == {"web" if change == "AttachKeyPair" else ""}


@clause("resource/detach-key-pair")
def test_only_the_pair_that_is_named_is_taken_away(region: Region) -> None:
    for name in ("web", "back"):
        import_pair(region, name)
    first, second, third = region.run_instances(3, wait=False, KeyPairName="web")
    attach(region, "back", second)
    detach(region, "web", first, second)
    assert [pair_of(each) for each in (first, second, third)] == ["", "back", "web"]


@clause("resource/key-pair-of-launch")
def test_a_launch_gives_a_key_pair(region: Region) -> None:
    for name in ("web", "back"):
        import_pair(region, name)
    batch = region.run_instances(2, wait=False, KeyPairName="web")
    single = region.create_instance(wait=False, KeyPairName="back")
    region.run_instances(1, wait=False)
    assert [pair_of(each) for each in (*batch, single)] == ["web", "web", "back"]

    def found(name: str) -> set[str]:
        listed = region.call("DescribeInstances", KeyPairName=name)["Instances"]["Instance"]
        return {each["InstanceId"] for each in listed}

    assert found("web") == {each.id for each in batch}
    assert found("back") == {single.id}
    attach(region, "web", single)
    assert (found("web"), found("back")) == ({each.id for each in (*batch, single)}, set())


@clause("resource/key-pair-metadata")
@needs("reach-guests")
def test_the_metadata_have_the_public_key(region: Region) -> None:
    """Still where the pair is deleted, and another one where it was replaced."""
    bodies = {name: line(key=name.encode()) for name in ("web", "back")}
    for name, body in bodies.items():
        import_pair(region, name, body)
    first, second = one(region.run_instances(1, KeyPairName="web")), one(region.run_instances(1))

    def asked(instance: Instance, path: str) -> str | None:
        text: str | None = region.control("metadata", instance=instance.id, path=path, method="GET", headers={})["text"]
        return text

    def keys(instance: Instance) -> list[list[str]]:
        """The kind and the key of each."""
        listed = (asked(instance, KEYS) or "").split()
        texts = [asked(instance, f"{KEYS}{each.strip('/')}/openssh-key") or "" for each in listed]
        return [text.split()[:2] for text in texts]

    def said(name: str) -> list[list[str]]:
        return [bodies[name].split()[:2]]

    region.call("DeleteKeyPairs", KeyPairNames=["web"])
    assert keys(first) == said("web")
    attach(region, "back", second)
    assert keys(second) == said("back")
    detach(region, "back", second)
    assert asked(second, "/latest/meta-data/").split().count("public-keys/") == 0  # type: ignore[union-attr]
    attach(region, "back", first)
    assert keys(first) == said("back")
