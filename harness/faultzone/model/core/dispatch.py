"""Which function answers which action, and which takes in which report.

Chapters write theirs under `@handles` and `@takes`; the tables say in which module each is, which is loaded when the
first action or report of it comes. An action without a handler is not implemented.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

from faultzone.api.ecs import ECS
from faultzone.api.ecs.reasons import NO_DEDICATED
from faultzone.api.errors import ApiError
from faultzone.errors import UsageError
from faultzone.loading import Loaded
from faultzone.model.core import effects

if TYPE_CHECKING:
    from faultzone.api.request import Request
    from faultzone.model.core.state import AccountState, RegionState

Answer = dict[str, Any]
#: Takes a report in; False for a stale one, which changes nothing.
Taker = Callable[["RegionState", Any], bool]
R = TypeVar("R", bound="Request")
Handler = Callable[["RegionState", "AccountState", R], Answer]


class Entry(NamedTuple):
    """An implemented action: the class that parses it, and the function that answers it."""

    request: type[Request]
    handler: Handler[Any]


#: The modules of the model that answer actions of ECS, and their actions, aliases included.
_ANSWERING: Final[Mapping[str, str]] = {
    "instances.create": "CreateInstance RunInstances",
    "instances.templates": (
        "CreateLaunchTemplate CreateLaunchTemplateVersion ModifyLaunchTemplateDefaultVersion DeleteLaunchTemplate "
        "DeleteLaunchTemplateVersion DescribeLaunchTemplates DescribeLaunchTemplateVersions"
    ),
    "instances.describe": (
        "DescribeInstances DescribeInstanceStatus DescribeInstanceAttribute DescribeUserData DescribeInstanceRamRole"
    ),
    "instances.modify": (
        "ModifyInstanceAttribute ModifyInstanceMetadataOptions AttachInstanceRamRole DetachInstanceRamRole "
        "JoinSecurityGroup LeaveSecurityGroup"
    ),
    "instances.specs": (
        "ModifyInstanceSpec ModifyInstanceNetworkSpec AllocatePublicIpAddress ModifyInstanceVpcAttribute"
    ),
    "instances.modification": "DescribeResourcesModification",
    "instances.diagnosis": (
        "GetInstanceConsoleOutput GetInstanceScreenshot SendDiagnosticInterrupt DescribeInstanceTopology "
        "DescribeAccountAttributes"
    ),
    "instances.lifecycle": "StartInstance StopInstance RebootInstance DeleteInstance ModifyInstanceAutoReleaseTime",
    "instances.batch": "StartInstances StopInstances RebootInstances DeleteInstances",
    "deployment_sets.actions": (
        "CreateDeploymentSet DescribeDeploymentSets ModifyDeploymentSetAttribute ModifyDeploymentSetAttributes "
        "DeleteDeploymentSet ModifyInstanceDeployment DescribeDeploymentSetSupportedInstanceTypeFamily"
    ),
    "events.actions": (
        "DescribeInstancesFullStatus DescribeInstanceHistoryEvents CreateSimulatedSystemEvents "
        "CancelSimulatedSystemEvents"
    ),
    "events.maintenance": (
        "AcceptInquiredSystemEvent ModifySystemEventAttribute RedeployInstance ModifyInstanceMaintenanceAttributes "
        "DescribeInstanceMaintenanceAttributes"
    ),
    "events.disks": "DescribeDisksFullStatus ReportInstancesStatus",
    "events.windows": (
        "CreatePlanMaintenanceWindow ModifyPlanMaintenanceWindow DeletePlanMaintenanceWindow "
        "DescribePlanMaintenanceWindows"
    ),
    "events.tasks": "DescribeTasks DescribeTaskAttribute CancelTask",
    "billing.conversion": "ModifyInstanceChargeType",
    "billing.spec_changes": "ModifyPrepayInstanceSpec",
    "billing.charges": "ReActivateInstances ReactivateInstances",
    "billing.spot_history": "DescribeSpotPriceHistory DescribeSpotAdvice",
    "billing.price_list": "DescribePrice DescribeRenewalPrice DescribeInstanceModificationPrice",
    "billing.subscriptions": "RenewInstance ModifyInstanceAutoRenewAttribute DescribeInstanceAutoRenewAttribute",
    "assistant.actions": "CreateCommand ModifyCommand DeleteCommand",
    "assistant.invoking": "InvokeCommand RunCommand StopInvocation",
    "assistant.changes": "ModifyInvocationAttribute",
    "assistant.agents": "InstallCloudAssistant DescribeCloudAssistantStatus",
    "assistant.describe": "DescribeCommands DescribeInvocations DescribeInvocationResults",
    "assistant.settings": "ModifyCloudAssistantSettings DescribeCloudAssistantSettings",
    "assistant.plugins": "ListPluginStatus",
    "assistant.files": "SendFile DescribeSendFileResults",
    "assistant.managed": (
        "CreateActivation DescribeActivations DisableActivation DeleteActivation DescribeManagedInstances "
        "ModifyManagedInstance DeregisterManagedInstance"
    ),
    "resources.types": "DescribeInstanceTypes DescribeInstanceTypeFamilies DescribeImageSupportInstanceTypes",
    "resources.describe": (
        "DescribeRegions DescribeZones DescribeAvailableResource DescribeImages DescribeImageFromFamily"
    ),
    "resources.groups": "JoinResourceGroup",
    "resources.network": "DescribeVpcs DescribeVSwitches",
    "resources.interface_listing": "DescribeNetworkInterfaces DescribeNetworkInterfaceAttribute",
    "resources.interfaces": (
        "CreateNetworkInterface AttachNetworkInterface DetachNetworkInterface DeleteNetworkInterface "
        "ModifyNetworkInterfaceAttribute"
    ),
    "resources.interface_addresses": (
        "AssignPrivateIpAddresses UnassignPrivateIpAddresses AssignIpv6Addresses UnassignIpv6Addresses"
    ),
    "resources.security_groups": (
        "CreateSecurityGroup DeleteSecurityGroup DescribeSecurityGroups DescribeSecurityGroupAttribute"
    ),
    "resources.group_rules": (
        "AuthorizeSecurityGroup AuthorizeSecurityGroupEgress RevokeSecurityGroup RevokeSecurityGroupEgress "
        "ModifySecurityGroupRule ModifySecurityGroupEgressRule ModifySecurityGroupAttribute ModifySecurityGroupPolicy "
        "DescribeSecurityGroupReferences"
    ),
    "resources.disk_listing": "DescribeDisks",
    "resources.disks": "CreateDisk AttachDisk DetachDisk DeleteDisk ModifyDiskAttribute ResizeDisk",
    "resources.snapshots": "CreateSnapshot DescribeSnapshots ModifySnapshotAttribute DeleteSnapshot",
    "resources.own_images": (
        "CreateImage CopyImage CancelCopyImage DeleteImage ModifyImageAttribute ModifyImageSharePermission "
        "DescribeImageSharePermission"
    ),
    "resources.key_pairs": ("CreateKeyPair ImportKeyPair DeleteKeyPairs DescribeKeyPairs AttachKeyPair DetachKeyPair"),
    "resources.tags": "TagResources UntagResources ListTagResources",
    "resources.older_tags": "AddTags RemoveTags DescribeTags",
    "products.eips": (
        "AllocateEipAddress AssociateEipAddress UnassociateEipAddress ReleaseEipAddress ModifyEipAddressAttribute "
        "DescribeEipAddresses"
    ),
    "products.networks_in_ecs": (
        "CreateVpc ModifyVpcAttribute DeleteVpc CreateVSwitch ModifyVSwitchAttribute DeleteVSwitch"
    ),
}
#: Product -> the modules of the model that answer its actions.
_ANSWERING_BESIDES: Final[Mapping[str, Mapping[str, str]]] = {
    "sts": {"products.roles": "GetCallerIdentity AssumeRole"},
    "ram": {"products.roles": "GetRole ListRoles GetAccountAlias"},
    "location": {"products.places": "DescribeEndpoints"},
    "resourcemanager": {"products.places": "ListResourceGroups"},
    "cms": {
        "events.cloud_monitor": (
            "DescribeSystemEventAttribute SendDryRunSystemEvent PutEventRule PutEventRuleTargets DescribeEventRuleList "
            "DescribeEventRuleAttribute DescribeEventRuleTargetList EnableEventRules DisableEventRules "
            "DeleteEventRules DeleteEventRuleTargets"
        )
    },
    "vpc": {
        "products.networks": (
            "CreateVpc DescribeVpcs DescribeVpcAttribute ModifyVpcAttribute DeleteVpc CreateVSwitch DescribeVSwitches "
            "DescribeVSwitchAttributes ModifyVSwitchAttribute DeleteVSwitch"
        ),
        "products.eips": (
            "AllocateEipAddress AssociateEipAddress UnassociateEipAddress ReleaseEipAddress ModifyEipAddressAttribute "
            "DescribeEipAddresses"
        ),
        "products.around_networks": (
            "DescribeRegions DescribeZones DescribeRouteTableList DescribeRouteTables "
            "TagResources UnTagResources ListTagResources MoveResourceGroup"
        ),
    },
}
_MODEL: Final = "faultzone.model."


def _homes() -> dict[str, list[tuple[str, str]]]:
    """Module -> product and name of the actions that it answers."""
    homes: dict[str, list[tuple[str, str]]] = {}
    for product, answering in {ECS: _ANSWERING, **_ANSWERING_BESIDES}.items():
        for module, names in answering.items():
            homes.setdefault(_MODEL + module, []).extend((product, name) for name in names.split())
    return homes


#: Actions that are refused, and why.
NOT_SIMULATED: Final[Mapping[tuple[str, str], str]] = {
    (ECS, name): why
    for why, names in {
        "no terminal is served here; RunCommand runs commands": (
            "StartTerminalSession DescribeTerminalSessions EndTerminalSession"
        ),
        NO_DEDICATED: "RedeployDedicatedHost",
    }.items()
    for name in names.split()
}
#: Product and name of an action, aliases included -> what implements it.
ACTIONS: Final[Loaded[tuple[str, str], Entry]] = Loaded(_homes())


def find_actions(pattern: str) -> list[str]:
    """The actions that a name, or a pattern such as `Describe*`, is of.

    Raises:
        UsageError: there are none.
    """
    from fnmatch import fnmatchcase  # Calls do without.

    known = sorted({name for _, name in ACTIONS})
    found = [name for name in known if fnmatchcase(name, pattern)]
    if not found:
        raise UsageError.unknown("action", pattern, known, see="docs/actions.md lists the actions")
    return found


def requests_of(action: str) -> list[type[Request]]:
    """The request classes of an action, of each product that has it."""
    return [entry.request for (_, name), entry in ACTIONS.items() if name == action]


def handles(request: type[R]) -> Callable[[Handler[R]], Handler[R]]:
    """Register the function that answers the action of `request`."""

    def register(handler: Handler[R]) -> Handler[R]:
        for name in (request.__name__, *request.aliases):
            ACTIONS[request.product, name] = Entry(request, handler)
        return handler

    return register


def check_dry_run(region: RegionState, dry_run: bool) -> None:
    """Refuse a dry run whose checks have passed, with the code that says so (instance/dry-run,
    instance/change-dry-run).

    Raises:
        ApiError: `DryRunOperation`.
    """
    if dry_run and region.rules.dry_run_only_checks():
        raise ApiError("DryRunOperation")


#: Type of report -> what takes it in.
REPORTS: Final[Loaded[type, Taker]] = Loaded(
    {
        f"{_MODEL}core.transitions": (effects.Booted, effects.Halted),
        f"{_MODEL}events.recovery": (effects.HostLost, effects.HostBack, effects.GuestCrashed),
        f"{_MODEL}assistant.reports": (
            effects.RunStarted,
            effects.RunChecked,
            effects.RunOutput,
            effects.RunEnded,
            effects.RunTimedOut,
            effects.RunRefused,
            effects.AgentSeen,
            effects.GuestRebooted,
        ),
    }
)


def takes(report: type) -> Callable[[Taker], Taker]:
    """Register the function that takes in the reports of a type."""

    def register(taker: Taker) -> Taker:
        REPORTS[report] = taker
        return taker

    return register
