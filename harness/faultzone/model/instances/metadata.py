"""The metadata service: what an instance is told of itself at http://100.100.100.200, a path to a text.

Source: ECS user guide 2019-02, Instance metadata (event/metadata, instance/identity), and that of October 2026 for
tokens. A path that ends with a slash lists what is below it. The form of active-system-events is not documented: here
it is a JSON list. Public keys are listed by the id of their pair, and in the first edition by a number
(resource/key-pair-metadata).
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from faultzone.clock import SECOND, stamp
from faultzone.model.core import cards, events, role_keys, spot
from faultzone.model.core.addresses import dotted, network_interface
from faultzone.model.core.filters import read_tag_list

if TYPE_CHECKING:
    from faultzone.model.core.state import AccountState, Instance, RegionState


class Asked(NamedTuple):
    """A request to the metadata service. Names of headers are in lower case."""

    path: str
    method: str = "GET"
    headers: Mapping[str, str] = MappingProxyType({})


class Told(NamedTuple):
    """What it answers: an HTTP status, and the text."""

    status: int
    text: str


#: A text, or what is below a path.
_Tree = Mapping[str, "str | _Tree"]

#: What a path begins with: the newest items, or those of a date, which are the same here.
ROOTS: Final = ("2016-01-01", "latest")
_TOKEN_PATH: Final = "/latest/api/token"
#: The headers of a token and of its lifetime in seconds, in lower case.
_TOKEN: Final = "x-aliyun-ecs-metadata-token"
_TOKEN_SECONDS: Final = "x-aliyun-ecs-metadata-token-ttl-seconds"
_SECONDS: Final = re.compile(r"[0-9]{1,5}")
_END: Final = re.compile(r"[0-9a-f]{1,16}")
#: Where the public keys are, and the number by which the first one is found, whatever it is listed as.
_KEYS: Final = "public-keys"
_FIRST_KEY: Final = "0"
_FORBIDDEN: Final = Told(403, "403 - Forbidden")


def answer(region: RegionState, account: AccountState, instance: Instance, asked: Asked) -> Told:
    """Answer a request of an instance to the metadata service.

    Clauses: instance/metadata-token, instance/metadata-token-required, instance/metadata-options.
    """
    rules, limits = region.rules, region.edition.instance.metadata_token_seconds
    if not rules.metadata_is_on(instance.options.http_endpoint):
        return _FORBIDDEN
    if limits is not None and asked.method == "PUT" and asked.path.rstrip("/") == _TOKEN_PATH:
        return _give_token(region, instance, asked.headers.get(_TOKEN_SECONDS, ""), limits)
    if asked.method not in ("GET", "HEAD"):
        return Told(405, "405 - Method Not Allowed")
    token = asked.headers.get(_TOKEN)
    if token is None:
        refused = rules.metadata_needs_token(instance.options.http_tokens)
    else:
        refused = limits is not None and not _is_good(region, instance, token)
    if refused:
        return _FORBIDDEN
    text = read(region, account, instance, asked.path)
    return Told(404, "404 - Not Found") if text is None else Told(200, text)


def _give_token(region: RegionState, instance: Instance, seconds: str, limits: tuple[int, int]) -> Told:
    """A token for so many seconds. It says when it ends, and is signed for the instance, so that none has to be kept.

    What is answered to other lifetimes is not documented.
    """
    least, most = limits
    if not _SECONDS.fullmatch(seconds) or not least <= int(seconds) <= most:
        return Told(400, f"400 - Bad Request: {_TOKEN_SECONDS} must be {least} to {most}")
    end = region.clock.now + int(seconds) * SECOND
    return Told(200, f"{end:x}.{region.world.sign('metadata token', instance.id, end)}")


def _is_good(region: RegionState, instance: Instance, token: str) -> bool:
    """Whether a token was given to this instance, and its time has not passed."""
    end, _, signature = token.partition(".")
    if not _END.fullmatch(end):
        return False
    genuine = signature == region.world.sign("metadata token", instance.id, int(end, 16))
    return region.rules.metadata_token_is_good(region.clock.now, int(end, 16), genuine)


def read(region: RegionState, account: AccountState, instance: Instance, path: str) -> str | None:
    """What is at a path such as `/latest/meta-data/instance-id`; None where there is nothing."""
    tree = _latest(region, account, instance)
    found: str | _Tree = dict.fromkeys(ROOTS, tree)
    before = ""
    for part in path.split("/"):
        if not part:
            continue
        if before == _KEYS and part == _FIRST_KEY and not isinstance(found, str):
            part = next(iter(found))
        before = part
        below = None if isinstance(found, str) else found.get(part)
        if below is None:
            return None
        found = below
    if isinstance(found, str):
        return found
    return "\n".join(name if isinstance(value, str) else f"{name}/" for name, value in found.items())


def _latest(region: RegionState, account: AccountState, instance: Instance) -> _Tree:
    latest: dict[str, str | _Tree] = {
        "meta-data": _items(region, account, instance),
        "dynamic": {"instance-identity": {"document": _document(region, account, instance)}},
        "maintenance": {"active-system-events": _active_events(region, instance)},
    }
    if (user_data := instance.options.user_data) is not None:
        latest["user-data"] = _decoded(user_data)
    return latest


def _items(region: RegionState, account: AccountState, instance: Instance) -> _Tree:
    """The items under meta-data; the addresses of the internet only for an instance that has one
    (instance/metadata-items)."""
    zone = region.zone_ids[instance.zone]
    private, public = dotted(instance.private_ip), dotted(instance.public_ip)
    mac, network = _mac(instance), network_of(instance)
    items: dict[str, str | _Tree] = {
        "dns-conf": {"nameservers": "100.100.2.136\n100.100.2.138"},
        "hostname": instance.host_name,
        "image-id": instance.image.id,
        "instance": {"instance-name": instance.name, "instance-type": instance.kind.name, **_spot(region, instance)},
        "instance-id": instance.id,
        "mac": mac,
        "network": {"interfaces": {"macs": _macs(account, instance)}},
        "network-type": "vpc" if instance.in_vpc else "classic",
        "ntp-conf": {"ntp-servers": "\n".join(f"ntp{number}.aliyun.com" for number in range(1, 5))},
        "owner-account-id": account.id,
        "private-ipv4": private,
        "region-id": region.id,
        "serial-number": instance.id,
        "zone-id": zone,
        **network,
    }
    tags = read_tag_list(instance.options.tags)
    if tags and instance.options.metadata_tags == "enabled":
        items["tags"] = {"instance": tags}
    if public:
        items |= {"eipv4": public, "public-ipv4": public}
    if instance.options.eip:
        from faultzone.model.core.eips import eip_of  # Few instances have one.

        eip = eip_of(account, instance)
        items["eipv4"] = public if eip is None else dotted(eip.address)
    if (key := instance.options.public_key) is not None:
        number, public_key = key
        listed = number if region.edition.has((2020, 12)) else _FIRST_KEY
        items[_KEYS] = {listed: {"openssh-key": public_key}}
    if (role := instance.options.ram_role_name) is not None:
        items["ram"] = {"security-credentials": {role: _credentials(region, account, instance, role)}}
    return dict(sorted(items.items()))


def _macs(account: AccountState, instance: Instance) -> _Tree:
    """The network interfaces of an instance by their MAC address, the primary one first; that of the classic network is
    in no VPC."""
    return {
        each.mac: {
            "primary-ip-address": dotted(each.private_ip),
            "private-ipv4s": json.dumps([dotted(address) for address in (each.private_ip, *each.more)]),
            **(_place_of(each) if instance.in_vpc else {}),
        }
        for each in (cards.primary_of(instance), *cards.attached(account, instance))
        if each.status != cards.ATTACHING
    }


def _place_of(card: cards.Interface) -> dict[str, str]:
    vswitch = card.vswitch
    return {"network-interface-id": card.id, "vpc-id": vswitch.vpc.id, "vswitch-id": vswitch.id}


def _credentials(region: RegionState, account: AccountState, instance: Instance, role: str) -> str:
    """The temporary key of the role of an instance, as one JSON object (instance/role-credentials)."""
    key = role_keys.of(region, account, instance, role)
    return json.dumps(
        {
            "AccessKeyId": key.id,
            "AccessKeySecret": key.secret,
            "Expiration": stamp(key.ends),
            "SecurityToken": key.token,
            "LastUpdated": stamp(key.made),
            "Code": "Success",
        }
    )


def _spot(region: RegionState, instance: Instance) -> Mapping[str, _Tree]:
    """When a spot instance ends that is about to be taken back; else nothing is there (billing/spot-metadata)."""
    ends = spot.ends_at(region, instance)
    return {} if ends is None else {"spot": {"termination-time": stamp(ends)}}


def network_of(instance: Instance) -> dict[str, str]:
    """Where in a VPC an instance is; nothing for one in the classic network."""
    return {"vpc-id": instance.vswitch.vpc.id, "vswitch-id": instance.vswitch.id} if instance.in_vpc else {}


def _mac(instance: Instance) -> str:
    return str(network_interface(instance)["MacAddress"])


def _document(region: RegionState, account: AccountState, instance: Instance) -> str:
    """The identity of the instance, as one JSON object."""
    return json.dumps(
        {
            "account-id": account.id,
            "image-id": instance.image.id,
            "instance-id": instance.id,
            "instance-type": instance.kind.name,
            "mac": _mac(instance),
            "owner-account-id": account.id,
            "private-ipv4": dotted(instance.private_ip),
            "region-id": region.id,
            "serial-number": instance.id,
            "zone-id": region.zone_ids[instance.zone],
            **network_of(instance),
        }
    )


def _active_events(region: RegionState, instance: Instance) -> str:
    """The events of the instance that are not settled, oldest first (event/metadata)."""
    return json.dumps([_event(event) for event in events.active(region, instance.id)])


def _event(event: events.SystemEvent) -> dict[str, Any]:
    shown = {"EventId": event.id, "EventType": event.type, "EventCycleStatus": event.status}
    return shown if event.not_before is None else {**shown, "NotBefore": stamp(event.not_before)}


def _decoded(user_data: str) -> str:
    """User data as it was written, with what is no text replaced."""
    try:
        return base64.b64decode(user_data, validate=True).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return user_data
