"""The actions of the life cycle of instances. Source: API reference of February 2019, chapter "Instances"."""

from __future__ import annotations

from typing import Any

from faultzone.api.answer import CURRENT
from faultzone.api.ecs.reasons import CANNOT_BE_USED
from faultzone.api.ecs.shared import CPU_OPTIONS, PRIVATE_NAMES
from faultzone.api.request import Request, flag, integer, structure, text, texts

CHARGE_TYPES = ("PrePaid", "PostPaid")
CREDIT_SPECIFICATIONS = ("Standard", "Unlimited")
#: How another word is refused by what changes it.
CREDIT_CODE = "InvalidParameter.CreditSpecification"
INTERNET_CHARGE_TYPES = ("PayByTraffic", "PayByBandwidth")
SPOT_STRATEGIES = ("NoSpot", "SpotWithPriceLimit", "SpotAsPriceGo")
STOPPED_MODES = ("KeepCharging", "StopCharging")
STATUSES = ("Pending", "Starting", "Running", "Stopping", "Stopped")


class StartInstance(Request):
    """Start a stopped instance."""

    instance_id: str = text("InstanceId", required=True)
    init_local_disk: bool = flag(
        "InitLocalDisk", inert=(2019, 2), why="a local disk that fails is replaced by the answer to its event here"
    )
    dry_run: bool = flag("DryRun")


class StopInstance(Request):
    """Stop a running instance."""

    instance_id: str = text("InstanceId", required=True)
    force_stop: bool = flag("ForceStop")
    confirm_stop: bool = flag("ConfirmStop", inert=CURRENT, why="no stop needs it any more")
    stopped_mode: str | None = text("StoppedMode", among=STOPPED_MODES)
    dry_run: bool = flag("DryRun")

    not_simulated = ((CANNOT_BE_USED, "Hibernate=false"),)


class RebootInstance(Request):
    """Restart a running instance on its host."""

    instance_id: str = text("InstanceId", required=True)
    force_stop: bool = flag("ForceStop")
    dry_run: bool = flag("DryRun")


class DeleteInstance(Request):
    """Release an instance: a stopped one, or any with Force."""

    instance_id: str = text("InstanceId", required=True)
    force: bool = flag("Force")
    terminate_subscription: bool = flag("TerminateSubscription")
    force_stop: bool = flag("ForceStop", True, since=CURRENT)
    dry_run: bool = flag("DryRun")


class ModifyInstanceAttribute(Request):
    """Change name, description, host name, password, user data, deletion protection or credit specification of one
    instance.

    Terraform's provider sends a token, which is not documented; called twice, the action does no more than called once.
    """

    instance_id: str = text("InstanceId", required=True)
    instance_name: str | None = text("InstanceName")
    description: str | None = text("Description")
    host_name: str | None = text("HostName")
    password: str | None = text("Password")
    user_data: str | None = text("UserData")
    deletion_protection: bool | None = flag("DeletionProtection", None)
    credit_specification: str | None = text("CreditSpecification", among=CREDIT_SPECIFICATIONS, code=CREDIT_CODE)
    client_token: str | None = text("ClientToken")
    security_group_ids: tuple[str, ...] = texts("SecurityGroupIds", since=CURRENT)
    enable_jumbo_frame: bool | None = flag("EnableJumboFrame", None, since=CURRENT)
    queue_number: int | None = integer("NetworkInterfaceQueueNumber", least=-1, since=CURRENT)
    cpu_options: dict[str, Any] | None = structure("CpuOptions", *CPU_OPTIONS, since=CURRENT)
    private_dns_name_options: dict[str, Any] | None = structure("PrivateDnsNameOptions", *PRIVATE_NAMES, since=CURRENT)

    not_simulated = ((CANNOT_BE_USED, "EnableNetworkEncryption=false Recyclable=false RemoteConnectionOptions"),)


class ModifyInstanceAutoReleaseTime(Request):
    """Set, or with no time cancel, the instant at which a pay-as-you-go instance is released."""

    instance_id: str = text("InstanceId", required=True)
    auto_release_time: str | None = text("AutoReleaseTime")
