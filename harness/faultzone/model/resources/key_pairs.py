"""SSH key pairs: making, importing, listing and deleting them, and giving them to instances.

Source: API reference 2019-02, chapter "SSH key pairs"; 2020-12 for what becomes of each instance.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Final

from faultzone.api.answer import CURRENT
from faultzone.api.ecs.key_pairs import (
    AttachKeyPair,
    CreateKeyPair,
    DeleteKeyPairs,
    DescribeKeyPairs,
    DetachKeyPair,
    ImportKeyPair,
)
from faultzone.api.errors import ApiError
from faultzone.clock import stamp
from faultzone.model.core.dispatch import Answer, handles
from faultzone.model.core.filters import has_tags, read_asked_tags, read_tags, tag_list
from faultzone.model.core.key_pairs import KeyPair, KeyPairs, key_pair_of, with_key_pair, without_key_pair
from faultzone.model.core.listing import like, listing
from faultzone.model.core.resource_groups import kept_group
from faultzone.model.core.state import AccountState, Instance, RegionState
from faultzone.model.core.tagging import Tagged, retag, tags_of
from faultzone.model.resources import rsa_keys

if TYPE_CHECKING:
    from faultzone.model.core.options import Options

#: The kinds of keys that can be imported, by what the line of a public key begins with (resource/import-key-pair).
_KINDS: Final = re.compile(
    r"(ssh-rsa|ssh-dss|ecdsa-sha2-nistp(256|384|521))|(ssh-(rsa|dss)-cert-v0[01]|ecdsa-sha2-nistp(256|384|521)-cert-v01)"
    r"@openssh\.com"
)
_BODY_MOST: Final = 16_384


TAGGED: Final = {"keypair": Tagged(lambda account: account.part(KeyPairs).all, tags_of, retag)}


def _check(region: RegionState, account: AccountState, request: CreateKeyPair | ImportKeyPair) -> dict[str, str]:
    """Refuse a pair that cannot be; its tags.

    Clauses: resource/key-pair-name, resource/key-pair-again, resource/key-pair-exists, resource/key-pair-quota.
    """
    edition, pairs = region.edition.instance, account.part(KeyPairs).all
    if not region.rules.name_is_valid(request.key_pair_name, edition.name_length):
        raise ApiError("InvalidKeyPairName.Malformed")
    if request.key_pair_name in pairs:
        raise ApiError(edition.key_pair_exists)
    tags = read_tags(region, request.tags)
    if len(pairs) >= edition.key_pairs:
        raise ApiError("QuotaExceed.KeyPair")
    return tags


def _keep(
    region: RegionState, account: AccountState, request: CreateKeyPair | ImportKeyPair, public_key: str
) -> KeyPair:
    tags, group = _check(region, account, request), kept_group(region, account, request.resource_group_id)
    blob = base64.b64decode(public_key.split()[1])
    number, now = region.world.resource_id("skp"), region.clock.now
    pair = KeyPair(request.key_pair_name, number, public_key, rsa_keys.finger_print(blob), now, tags, group)
    account.part(KeyPairs).all[pair.name] = pair
    return pair


@handles(CreateKeyPair)
def create_key_pair(region: RegionState, account: AccountState, request: CreateKeyPair) -> Answer:
    """CreateKeyPair: the answer alone has the private key, as PKCS #8 in PEM (resource/create-key-pair)."""
    pairs = account.part(KeyPairs)
    first = region.world.stream(f"key pairs of {account.id} in {region.id}").randrange(rsa_keys.KEYS)
    key = rsa_keys.key((first + pairs.made) % rsa_keys.KEYS)
    pair = _keep(region, account, request, key.public)
    pairs.made += 1
    answer = {"KeyPairName": pair.name, "KeyPairFingerPrint": pair.finger_print, "PrivateKeyBody": key.private}
    return {**answer, "KeyPairId": pair.number} if region.edition.has(CURRENT) else answer


def _read_public_key(body: str) -> str:
    """The kind and the key of the line that OpenSSH writes for a public key (resource/import-key-pair).

    Raises:
        ApiError: `InvalidPublicKeyBody.Malformed`: it is no such line, or of another kind.
    """
    kind, _, rest = body.strip().partition(" ")
    key = rest.split(maxsplit=1)[0] if rest.split() else ""
    try:
        blob = base64.b64decode(key, validate=True)
    except (binascii.Error, ValueError):
        blob = b""
    said = kind.encode()
    right = blob[4:].startswith(said) and blob[:4] == len(said).to_bytes(4) and len(blob) > len(said) + 4
    if len(body) > _BODY_MOST or not (_KINDS.fullmatch(kind) and right):
        raise ApiError("InvalidPublicKeyBody.Malformed")
    return f"{kind} {key}"


@handles(ImportKeyPair)
def import_key_pair(region: RegionState, account: AccountState, request: ImportKeyPair) -> Answer:
    """ImportKeyPair: of the public key alone (resource/import-key-pair)."""
    pair = _keep(region, account, request, _read_public_key(request.public_key_body))
    return {"KeyPairName": pair.name, "KeyPairFingerPrint": pair.finger_print}


@handles(DeleteKeyPairs)
def delete_key_pairs(region: RegionState, account: AccountState, request: DeleteKeyPairs) -> Answer:
    """DeleteKeyPairs: the instances that have one keep it; a name that there is not is passed over
    (resource/delete-key-pairs)."""
    for name in request.key_pair_names or ():
        account.part(KeyPairs).all.pop(name, None)
    return {}


@handles(DescribeKeyPairs)
def describe_key_pairs(region: RegionState, account: AccountState, request: DescribeKeyPairs) -> Answer:
    """DescribeKeyPairs: by each filter, newest first (resource/describe-key-pairs)."""
    r, tags = request, read_asked_tags(request.tags)
    found = [
        pair
        for pair in reversed(account.part(KeyPairs).all.values())
        if (r.key_pair_name is None or like(r.key_pair_name, pair.name))
        and r.finger_print in (None, pair.finger_print)
        and r.resource_group_id in (None, pair.resource_group_id)
        and has_tags(pair.tags, tags)
    ]
    today = region.edition.has(CURRENT)

    def show(pair: KeyPair) -> dict[str, Any]:
        shown: dict[str, Any] = {
            "KeyPairName": pair.name,
            "KeyPairFingerPrint": pair.finger_print,
            "ResourceGroupId": pair.resource_group_id,
            "Tags": {"Tag": tag_list(pair.tags)},
        }
        if today:
            shown["CreationTime"] = stamp(pair.created)
        if r.include_public_key:
            shown["PublicKey"] = pair.public_key
        return shown

    return listing("KeyPairs", "KeyPair", found, r, show)


def _change(
    region: RegionState, account: AccountState, name: str, ids: Iterable[str], change: Callable[[Options], Options]
) -> Answer:
    """Change the key pair of instances, and tell what became of each.

    Where that cannot be told, one that there is not refuses all (resource/attach-key-pair, resource/key-pair-results).

    Raises:
        ApiError: `InvalidInstanceId.NotFound`, or `DependencyViolation.WindowsInstance` (resource/key-pair-windows).
    """
    told = region.edition.has((2020, 12))
    found: list[Instance] = []
    results: list[dict[str, str]] = []
    for id in dict.fromkeys(ids):
        instance = account.instances.get(id)
        if instance is None:
            refusal = ApiError("InvalidInstanceId.NotFound")
            if not told:
                raise refusal
            said = {"Success": "false", "Code": refusal.code, "Message": refusal.message}
        elif instance.image.system == "windows":
            raise ApiError("DependencyViolation.WindowsInstance")
        else:
            found.append(instance)
            said = {"Success": "true", "Code": "200", "Message": "successful"}
        results.append({"InstanceId": id, **said})
    for instance in found:
        region.change(instance, "options", change(instance.options))
    if not told:
        return {}
    failed = len(results) - len(found)
    counts = {"KeyPairName": name, "TotalCount": str(len(results)), "FailCount": str(failed)}
    return {**counts, "Results": {"Result": results}}


@handles(AttachKeyPair)
def attach_key_pair(region: RegionState, account: AccountState, request: AttachKeyPair) -> Answer:
    """AttachKeyPair: in the place of the pair that an instance has (resource/attach-key-pair,
    resource/unknown-key-pair)."""
    name = key_pair_of(account, request.key_pair_name).name
    ids = request.instance_ids or ()
    return _change(region, account, name, ids, lambda options: with_key_pair(account, options, name))


@handles(DetachKeyPair)
def detach_key_pair(region: RegionState, account: AccountState, request: DetachKeyPair) -> Answer:
    """DetachKeyPair: only from instances that have this pair; from all of them, where none is named
    (resource/detach-key-pair, resource/unknown-key-pair)."""
    name = key_pair_of(account, request.key_pair_name).name
    having = account.book.found(account.book.rows("key pair", name))
    ids = request.instance_ids if request.instance_ids is not None else [each.id for each in having]
    return _change(
        region, account, name, ids, lambda options: without_key_pair(options) if options.key_pair == name else options
    )
