"""The metadata service: what an instance is told of itself at http://100.100.100.200, a path to a text.

Source: ECS user guide 2019-02, Instance metadata (event/metadata, instance/identity). A path that ends with a slash
lists what is below it. The form of active-system-events is not documented: here it is a JSON list.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from faultzone.clock import stamp
from faultzone.model.core import events
from faultzone.model.core.addresses import dotted, network_interface
from faultzone.model.core.filters import read_tag_list

if TYPE_CHECKING:
    from faultzone.model.core.state import AccountState, Instance, RegionState

#: A text, or what is below a path.
_Tree = Mapping[str, "str | _Tree"]


def read(region: RegionState, account: AccountState, instance: Instance, path: str) -> str | None:
    """What the service answers for a path such as `/latest/meta-data/instance-id`; None where there is nothing.

    Nothing is there for an instance that may not ask, and for one that must show a token, of which there are none yet
    (instance/metadata-options).
    """
    if (instance.options.http_endpoint, instance.options.http_tokens) != ("enabled", "optional"):
        return None
    found: str | _Tree = {"latest": _latest(region, account, instance)}
    for part in path.split("/"):
        if not part:
            continue
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
    """The items under meta-data; the addresses of the internet only for an instance that has one."""
    zone = region.zone_ids[instance.zone]
    private, public = dotted(instance.private_ip), dotted(instance.public_ip)
    mac, network = _mac(instance), network_of(account, instance)
    interface = {"primary-ip-address": private, "private-ipv4s": json.dumps([private]), **network}
    items: dict[str, str | _Tree] = {
        "dns-conf": {"nameservers": "100.100.2.136\n100.100.2.138"},
        "hostname": instance.host_name,
        "image-id": instance.image.id,
        "instance": {"instance-type": instance.kind.name},
        "instance-id": instance.id,
        "mac": mac,
        "network": {"interfaces": {"macs": {mac: interface}}},
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
    return dict(sorted(items.items()))


def network_of(account: AccountState, instance: Instance) -> dict[str, str]:
    """Where in the account's VPC an instance is; nothing for one in the classic network."""
    return {"vpc-id": account.vpc_id, "vswitch-id": account.vswitch_ids[instance.zone]} if instance.in_vpc else {}


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
            **network_of(account, instance),
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
