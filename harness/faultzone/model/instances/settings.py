"""What few launches ask for, of the documentation of October 2026: held against the type, and kept as it is shown.

Source: API reference 2026-10, RunInstances, CreateInstance and DescribeInstances.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from faultzone.api.errors import ApiError
from faultzone.model.instances.modify import check_cpu_options

if TYPE_CHECKING:
    from faultzone.api.ecs.launches import CreateInstance, RunInstances
    from faultzone.model.core.catalog import InstanceType
    from faultzone.model.core.options import Options
    from faultzone.model.core.state import RegionState

#: What is shown as it was asked for: the attribute of the request -> the field of DescribeInstances, and its fields.
_SHOWN: Final = {
    "clock_options": ("ClockOptions", ("PtpStatus",)),
    "hibernation_options": ("HibernationOptions", ("Configured",)),
    "image_options": ("ImageOptions", ("LoginAsNonRoot",)),
    "security_options": ("SecurityOptions", ("EnableSecureBoot",)),
}


def check(request: CreateInstance | RunInstances, kind: InstanceType) -> None:
    """Refuse what a type cannot do, and pools that there are not.

    Clauses: instance/launch-cpu-options, instance/private-pools.
    """
    given = request.given
    check_cpu_options(kind.vcpus, given.get("cpu_options") or {})
    queues = given.get("queue_number")
    if queues is not None and queues > kind.vcpus:
        why = f"{kind.name} has 1 to {kind.vcpus} queues for each network interface"
        raise ApiError.of("InvalidParameter", name="NetworkInterfaceQueueNumber", why=why)
    pool = given.get("pool") or {}
    if pool.get("MatchCriteria") == "Target":
        if "Id" not in pool:
            raise ApiError("MissingParameter.PrivatePoolOptionsId")
        raise ApiError("Invalid.PrivatePoolOptionsId")  # Nobody can make a pool here.
    if "Id" in pool:
        raise ApiError("Invalid.PrivatePoolOptionsId")


def check_spot(request: CreateInstance | RunInstances, kind: InstanceType, *, classic: bool) -> None:
    """Refuse that a spot instance is stopped where it could not be (instance/spot-interruption)."""
    if request.spot_interruption != "Stop" or request.spot_strategy == "NoSpot":
        return
    if classic:
        raise ApiError("InvalidSpotInterruptionBehavior.ClassicNetworkNotSupport")
    if kind.local_disks:
        raise ApiError("InvalidSpotInterruptionBehavior.LocalDiskNotSupport")


def keep(options: Options, given: Mapping[str, Any]) -> Options:
    """The options of a launch with what it asks for besides (instance/launch-settings)."""
    shown: dict[str, Any] = {}
    for attribute, (name, fields) in _SHOWN.items():
        asked = given.get(attribute) or {}
        shown |= {name: chosen} if (chosen := {each: asked[each] for each in fields if each in asked}) else {}
    if given.get("isp"):
        shown["ISP"] = given["isp"]
    if (given.get("pool") or {}).get("MatchCriteria") == "Open":
        shown["EcsCapacityReservationAttr"] = {"CapacityReservationPreference": "Open"}
    network = given.get("network_options") or {}
    return options._replace(
        settings=shown,
        enable_jumbo_frame=network.get("EnableJumboFrame", options.enable_jumbo_frame),
        bandwidth_weighting=network.get("BandwidthWeighting", options.bandwidth_weighting),
    )


def name_hosts(region: RegionState, request: RunInstances, system: str) -> None:
    """Refuse host names of their own that are not one for each, or malformed (instance/host-names)."""
    if len(request.host_names) != request.amount:
        why = f"name {request.amount}, one for each instance"
        raise ApiError.of("InvalidParameter", name="HostNames", why=why)
    if not all(region.rules.host_name_is_valid(each, system) for each in request.host_names):
        raise ApiError("InvalidHostName.Malformed")
