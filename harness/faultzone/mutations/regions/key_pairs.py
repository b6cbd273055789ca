"""Wrong regions of key pairs."""

from __future__ import annotations

from typing import Final

from faultzone.mutations.library import (
    Parameters,
    accept,
    answer,
    becomes,
    drop,
    put,
    read_as,
    refuse,
    refused_as,
    replaced,
    request,
    swallow,
)
from faultzone.mutations.row import row

CREATE: Final = "CreateKeyPair"
IMPORT: Final = "ImportKeyPair"
DELETE: Final = "DeleteKeyPairs"
LIST: Final = "DescribeKeyPairs"
ATTACH: Final = "AttachKeyPair"
DETACH: Final = "DetachKeyPair"
LAUNCHES: Final = ("RunInstances", "CreateInstance")
INSTANCES: Final = "Instances.Instance[].KeyPairName"
PAIRS: Final = "KeyPairs.KeyPair[]"


def asks_for_keys(given: Parameters) -> bool:
    """Whether a request for metadata is for a public key."""
    return "openssh-key" in str(given["path"])


REGIONS: Final = (
    row("private-keys-of-another-form", "resource/create-key-pair", "answers a private key that is not PKCS #8",
        answer(CREATE, "PrivateKeyBody", replaced("BEGIN PRIVATE", "BEGIN RSA PRIVATE"))),
    row("one-private-key-for-all", "resource/create-key-pair", "answers the same private key each time",
        answer(CREATE, "PrivateKeyBody", becomes(
            "-----BEGIN PRIVATE KEY-----\nMAAA\n-----END PRIVATE KEY-----\n"))),
    row("another-finger-print-is-listed", "resource/create-key-pair", "lists a pair with another fingerprint",
        answer(LIST, f"{PAIRS}.KeyPairFingerPrint", becomes("89:f0:ba"))),
    row("any-name-of-a-key-pair", "resource/key-pair-name", "takes any name of a key pair",
        swallow((CREATE, IMPORT), "InvalidKeyPairName.Malformed")),
    row("short-names-of-key-pairs", "resource/key-pair-name", "takes names of up to 127 characters",
        refuse(IMPORT, "InvalidKeyPairName.Malformed", lambda given: len(str(given["KeyPairName"])) == 128)),
    row("key-pairs-are-replaced", "resource/key-pair-again", "makes a pair again under the same name",
        swallow((CREATE, IMPORT), "InvalidKeyPairName.Malformed")),
    row("key-pairs-are-made-again", "resource/key-pair-exists", "makes a pair again under the same name",
        swallow((CREATE, IMPORT), "KeyPair.AlreadyExist")),
    row("an-old-code-of-key-pairs", "resource/key-pair-exists", "calls a name that is taken malformed",
        values={"instance.key_pair_exists": "InvalidKeyPairName.Malformed"}),
    row("a-new-code-of-key-pairs", "resource/key-pair-again", "says that a name is taken",
        values={"instance.key_pair_exists": "KeyPair.AlreadyExist"}),
    row("five-hundred-and-one-key-pairs", "resource/key-pair-quota", "keeps 501 key pairs",
        values={"instance.key_pairs": 501}),
    row("few-key-pairs", "resource/key-pair-quota", "keeps 499 key pairs", values={"instance.key_pairs": 499}),
    row("any-public-key", "resource/import-key-pair", "takes anything for a public key",
        swallow(IMPORT, "InvalidPublicKeyBody.Malformed")),
    row("only-rsa-keys", "resource/import-key-pair", "takes no DSA key",
        refuse(IMPORT, "InvalidPublicKeyBody.Malformed", lambda given: "ssh-dss" in str(given["PublicKeyBody"]))),
    row("one-finger-print-for-all", "resource/import-key-pair", "answers the same fingerprint for all keys",
        answer(IMPORT, "KeyPairFingerPrint", becomes("89:f0:ba"))),
    row("key-pairs-stay", "resource/delete-key-pairs", "deletes no key pair", accept(DELETE)),
    row("deleted-from-instances-too", "resource/delete-key-pairs", "shows no name of a pair that was deleted",
        answer("DescribeInstances", INSTANCES, becomes(""))),
    row("key-pairs-of-any-name", "resource/describe-key-pairs", "does not filter key pairs by name",
        request(LIST, drop("KeyPairName"))),
    row("key-pairs-by-exact-name", "resource/describe-key-pairs", "knows no pattern of names",
        answer(LIST, "KeyPairs.KeyPair", becomes([]), when=lambda given: "*" in str(given.get("KeyPairName")))),
    row("key-pairs-of-any-finger-print", "resource/describe-key-pairs", "does not filter by fingerprint",
        request(LIST, drop("KeyPairFingerPrint"))),
    row("key-pairs-of-any-tag", "resource/describe-key-pairs", "does not filter key pairs by tags",
        request(LIST, drop("Tag"))),
    row("unknown-key-pairs-are-attached", "resource/unknown-key-pair", "attaches a pair that there is not",
        swallow(ATTACH, "InvalidKeyPairName.NotFound")),
    row("unknown-key-pairs-are-detached", "resource/unknown-key-pair", "detaches a pair that there is not",
        swallow(DETACH, "InvalidKeyPairName.NotFound")),
    row("key-pairs-are-not-attached", "resource/attach-key-pair", "gives no pair to an instance", accept(ATTACH)),
    row("key-pairs-go-to-the-first", "resource/attach-key-pair", "gives the pair to the first instance alone",
        request(ATTACH, lambda given: {**given, "InstanceIds": list(given["InstanceIds"])[:1]})),
    row("key-pairs-for-any-number", "resource/attach-key-pair", "passes over what is more than fifty instances",
        request(ATTACH, lambda given: {**given, "InstanceIds": list(given["InstanceIds"])[:50]})),
    row("windows-with-key-pairs", "resource/key-pair-windows", "takes a pair for Windows",
        swallow(ATTACH, "DependencyViolation.WindowsInstance")),
    row("windows-is-no-instance", "resource/key-pair-windows", "knows no instance with Windows",
        refused_as(ATTACH, "DependencyViolation.WindowsInstance", "InvalidInstanceId.NotFound")),
    row("failures-are-not-counted", "resource/key-pair-results", "counts no failure",
        answer((ATTACH, DETACH), "FailCount", becomes("0"))),
    row("failures-go-well", "resource/key-pair-results", "says that all went well",
        answer((ATTACH, DETACH), "Results.Result[].Success", read_as({"false": "true"}))),
    row("key-pairs-are-not-detached", "resource/detach-key-pair", "takes no pair away", accept(DETACH)),
    row("key-pairs-go-from-all", "resource/detach-key-pair", "takes the pair from all instances",
        request(DETACH, drop("InstanceIds"))),
    row("launches-without-their-key-pair", "resource/key-pair-of-launch", "launches without the pair",
        request(LAUNCHES, drop("KeyPairName"))),
    row("instances-of-any-key-pair", "resource/key-pair-of-launch", "does not filter instances by their pair",
        request("DescribeInstances", drop("KeyPairName"))),
    row("no-public-keys", "resource/key-pair-metadata", "has no public keys",
        answer("metadata", "", put(text=""), when=asks_for_keys)),
    row("another-public-key", "resource/key-pair-metadata", "has the same key for all",
        answer("metadata", "", put(text="ssh-rsa AAAA"), when=asks_for_keys)),
)  # fmt: skip
