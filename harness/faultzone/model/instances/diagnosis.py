"""What is seen of instances and accounts from outside: consoles, hosts and racks, and what may be had."""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING, Final

from faultzone.api.ecs.diagnosis import (
    DescribeAccountAttributes,
    DescribeInstanceTopology,
    GetInstanceConsoleOutput,
    GetInstanceScreenshot,
    SendDiagnosticInterrupt,
)
from faultzone.api.errors import ApiError
from faultzone.clock import SECOND, utc
from faultzone.model.core import locks, placement
from faultzone.model.core.dispatch import Answer, check_dry_run, handles
from faultzone.model.core.effects import Interrupt
from faultzone.model.core.periods import BILLING_ZONE
from faultzone.model.core.seats import BY_RACK, BY_SWITCH
from faultzone.model.core.spot import is_spot
from faultzone.model.core.state import RUNNING, AccountState, Instance, RegionState

if TYPE_CHECKING:
    from collections.abc import Iterable

#: What moves the cursor, changes colours or rings: no text.
_SYMBOLS: Final = re.compile(rb"\x1b\[[0-9;?]*[A-Za-z]|[\x00-\x08\x0b-\x1f\x7f]")
#: So long after one screenshot of an instance the next is refused (instance/screenshot-interval).
_SCREENSHOTS_APART: Final = 10 * SECOND


@handles(GetInstanceConsoleOutput)
def get_console_output(region: RegionState, account: AccountState, request: GetInstanceConsoleOutput) -> Answer:
    """GetInstanceConsoleOutput: what its system has printed since it last came up (instance/console-output,
    instance/console-output-of-linux)."""
    instance = account.instance(request.instance_id)
    if region.console is None or instance.image.system != "linux" or not region.has_events(instance):
        raise ApiError("NotSupported")
    printed = region.console(instance.id)
    if printed is None:
        raise ApiError("IncorrectInstanceStatus")
    raw, at = printed
    shown = _SYMBOLS.sub(b"", raw) if request.remove_symbols else raw
    return {
        "InstanceId": instance.id,
        "ConsoleOutput": base64.b64encode(shown).decode(),
        "LastUpdateTime": utc(at + BILLING_ZONE).strftime("%Y-%m-%d %H:%M:%S"),
    }


class Screenshots(dict[str, int]):
    """When the screen of an instance of an account was last shown, by its id."""


@handles(GetInstanceScreenshot)
def get_screenshot(region: RegionState, account: AccountState, request: GetInstanceScreenshot) -> Answer:
    """GetInstanceScreenshot: what its system has printed last (instance/screenshot, instance/screenshot-interval)."""
    from faultzone.model.instances.picture import picture  # Few look at a screen.

    instance = account.instance(request.instance_id)
    if region.console is None or not region.has_events(instance):
        raise ApiError("NotSupported")
    if instance.status != RUNNING:
        raise ApiError("IncorrectInstanceStatus")
    shots, now = account.part(Screenshots), region.clock.now
    if now - shots.get(instance.id, -_SCREENSHOTS_APART) < _SCREENSHOTS_APART:
        raise ApiError("Throttling")
    shots[instance.id] = now
    raw, _ = region.console(instance.id) or (b"", now)
    shown = picture(_SYMBOLS.sub(b"", raw).decode("utf-8", "replace"))
    return {"InstanceId": instance.id, "Screenshot": base64.b64encode(shown).decode()}


@handles(SendDiagnosticInterrupt)
def send_diagnostic_interrupt(region: RegionState, account: AccountState, request: SendDiagnosticInterrupt) -> Answer:
    """SendDiagnosticInterrupt: the operating system crashes, which its event tells (instance/diagnostic-interrupt)."""
    instance = account.instance(request.instance_id)
    locks.check(region, instance, "SendDiagnosticInterrupt")
    if instance.status != RUNNING:
        raise ApiError("IncorrectInstanceStatus")
    check_dry_run(region, request.dry_run)
    region.emit(Interrupt(instance.id, instance.epoch))
    return {}


@handles(DescribeInstanceTopology)
def describe_topology(region: RegionState, account: AccountState, request: DescribeInstanceTopology) -> Answer:
    """DescribeInstanceTopology: of the named instances, or of all; of those that have a host (instance/topology)."""
    ids = account.instances if request.instance_ids is None else dict.fromkeys(request.instance_ids)
    found = [account.instances[each] for each in ids if each in account.instances]
    return {
        "Topologys": {
            "Topology": [
                {
                    "InstanceId": each.id,
                    "HostId": each.host.id,
                    "NetworkNodes": {
                        "NetworkNodes": [region.placement.place(each.host, what) for what in (BY_SWITCH, BY_RACK)]
                    },
                }
                for each in found
                if each.host is not None
            ]
        }
    }


#: What may be asked for; of what has no limit here, no value is answered.
_ATTRIBUTES: Final = (
    "instance-network-type",
    "max-security-groups",
    "max-elastic-network-interfaces",
    "max-postpaid-instance-vcpu-count",
    "max-spot-instance-vcpu-count",
    "used-postpaid-instance-vcpu-count",
    "used-spot-instance-vcpu-count",
    "max-postpaid-yundisk-capacity",
    "used-postpaid-yundisk-capacity",
    "max-dedicated-hosts",
    "supported-postpaid-instance-types",
    "max-axt-command-count",
    "max-axt-invocation-daily",
    "real-name-authentication",
    "max-cloud-assistant-activation-count",
)


@handles(DescribeAccountAttributes)
def describe_account_attributes(
    region: RegionState, account: AccountState, request: DescribeAccountAttributes
) -> Answer:
    """DescribeAccountAttributes: what this region knows of them; all if none is named (instance/account-attributes)."""
    names = dict.fromkeys(request.attribute_names or _ATTRIBUTES)
    for name in names:
        if name not in _ATTRIBUTES:
            raise ApiError.of("InvalidParameter", name="AttributeName", why=f"{name[:64]} is none")
    zone = None if request.zone_id is None else region.zone_number(request.zone_id)
    of_zone = {} if request.zone_id is None else {"ZoneId": request.zone_id}
    shown = [
        {
            "AttributeName": name,
            "AttributeValues": {
                "ValueItem": [{"Value": value, **of_zone} for value in _values(region, account, name, zone)]
            },
        }
        for name in names
    ]
    return {"AccountAttributeItems": {"AccountAttributeItem": shown}}


def _values(region: RegionState, account: AccountState, name: str, zone: int | None) -> list[str]:
    """The values of an attribute, in a zone or in the region."""
    if name == "instance-network-type":
        return ["vpc"] if region.shape.default_network else ["vpc", "classic"]
    if name == "max-axt-command-count":
        return [str(region.edition.assistant.commands)]
    if name == "max-axt-invocation-daily":
        return [str(region.edition.assistant.invocations_per_day)]
    if name == "max-cloud-assistant-activation-count":
        return [str(region.edition.assistant.activations)]
    if name == "real-name-authentication":
        return ["yes"]
    if name == "max-dedicated-hosts":
        return ["0"]
    if name in ("max-postpaid-instance-vcpu-count", "max-spot-instance-vcpu-count"):
        hosts = region.placement.hosts if zone is None else region.placement.by_zone[zone]
        return [str(len(hosts) * region.shape.host_vcpus)]
    there = [each for each in account.instances.values() if zone in (None, each.zone)]
    if name == "used-postpaid-instance-vcpu-count":
        return [_vcpus(each for each in there if each.charge_type == "PostPaid" and not is_spot(each))]
    if name == "used-spot-instance-vcpu-count":
        return [_vcpus(each for each in there if is_spot(each))]
    if name == "supported-postpaid-instance-types":
        zones = range(len(region.zone_ids)) if zone is None else [zone]
        kinds = region.catalog.types.values()
        return [
            kind.name for kind in kinds if any(placement.choose(region, account.id, kind, each, None) for each in zones)
        ]
    return []


def _vcpus(instances: Iterable[Instance]) -> str:
    return str(sum(each.kind.vcpus for each in instances))
