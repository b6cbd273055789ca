"""The actions on deployment sets; none merges two (deployment-set/no-merge).

Source: API reference of February 2019, chapter "Deployment sets".
"""

from __future__ import annotations

from typing import Final

from faultzone.api.answer import CURRENT, PAGES, Answer, Number, Text, Time, items
from faultzone.api.ecs.reasons import NO_DEDICATED
from faultzone.api.request import Request, flag, integer, json_texts, text

#: What fail-over does with a member when no host is left that keeps the spread; the first is the default.
ON_UNABLE = ("CancelMembershipAndStart", "KeepStopped")
#: What members may be kept apart by; the first is the default.
TYPES = ("host", "sw", "rack")
#: Why `Domain` and the like change nothing.
_RETIRED: Final = "the documentation says that it is deprecated"


class CreateDeploymentSet(Request):
    """Create a deployment set: for high availability, in groups that are kept apart, or for low latency.

    `Strategy`, `Domain` and `Granularity` were being retired in February 2019, `DeploymentStrategy` is an earlier name:
    each is accepted with its documented values only (deployment-set/retired-parameters). `Strategy` came back, the
    others are ignored today (deployment-set/retired-ignored).
    """

    needs_region = True  # deployment-set/create-needs-region

    deployment_set_name: str | None = text("DeploymentSetName")
    description: str | None = text("Description")
    strategy: str | None = text("Strategy")
    deployment_strategy: str | None = text("DeploymentStrategy")
    domain: str | None = text("Domain", inert=CURRENT, why=_RETIRED)
    granularity: str | None = text("Granularity", inert=CURRENT, why=_RETIRED)
    on_unable: str = text("OnUnableToRedeployFailedInstance", ON_UNABLE[0], among=ON_UNABLE)
    group_count: int = integer("GroupCount", 3, least=1, most=7, since=CURRENT)
    apart_by: str = text("Type", TYPES[0], among=TYPES, since=CURRENT)
    affinity: int = integer("Affinity", 1, least=1, most=10, since=CURRENT)
    client_token: str | None = text("ClientToken")

    answer = Answer(Text("DeploymentSetId"))


class DescribeDeploymentSets(Request):
    """List deployment sets with their members, filtered and paged (deployment-set/describe-paging).

    A page has at most 100 sets, today 50 (deployment-set/page-size-100, deployment-set/page-size-50).
    At most 100 ids are accepted (deployment-set/describe-ids-limit).
    """

    needs_region = True
    writes = False

    deployment_set_ids: tuple[str, ...] | None = json_texts(
        "DeploymentSetIds", most=100, too_many="InvalidDeploymentSetIds.TooManyInput"
    )
    deployment_set_name: str | None = text("DeploymentSetName")
    strategy: str | None = text("Strategy")
    domain: str | None = text("Domain", inert=CURRENT, why=_RETIRED)
    granularity: str | None = text("Granularity", inert=CURRENT, why=_RETIRED)
    network_type: str | None = text("NetworkType", among=("classic", "vpc"), inert=CURRENT, why=_RETIRED)
    apart_by: str | None = text("Type", among=TYPES, since=CURRENT)
    page_number: int = integer("PageNumber", 1, least=1)
    page_size: int = integer("PageSize", 10, least=1, most=100, later={CURRENT: {"most": 50}})

    answer = Answer(
        *PAGES,
        Text("RegionId"),
        items(
            "DeploymentSets",
            "DeploymentSet",
            Text("DeploymentSetId", "DeploymentSetName", "DeploymentSetDescription"),
            Text("DeploymentStrategy", "Strategy", "Domain", "Granularity"),
            Number("InstanceAmount"),
            items("InstanceIds", "InstanceId"),
            Time("CreationTime"),
            Number("AccountId", "Affinity", since=CURRENT),
            Text("Type", since=CURRENT),
            Number("GroupCount", since=CURRENT, when="the strategy is AvailabilityGroup"),
            items(
                "Capacities",
                "Capacity",
                Text("ZoneId"),
                Number("UsedAmount", "AvailableAmount"),
                since=CURRENT,
            ),
        ),
    )


class ModifyDeploymentSetAttribute(Request):
    """Change the name, description or affinity of a deployment set.

    The manual writes the plural, the wire always had the singular (deployment-set/modify-attributes-name).
    """

    needs_region = True
    aliases = ("ModifyDeploymentSetAttributes",)

    deployment_set_id: str = text("DeploymentSetId", required=True)
    deployment_set_name: str | None = text("DeploymentSetName")
    description: str | None = text("Description")
    affinity: int | None = integer("Affinity", least=1, most=10, since=CURRENT)


class DeleteDeploymentSet(Request):
    """Delete a deployment set that holds no instance."""

    needs_region = True

    deployment_set_id: str = text("DeploymentSetId", required=True)


class ModifyInstanceDeployment(Request):
    """Put an instance into a deployment set, move it from one to another or between groups, or since 2020-12 take it
    out.

    There are no dedicated hosts here, so that what asks for one finds none; a set excludes all that does
    (deployment-set/not-with-dedicated-host-parameters).

    Terraform's provider sends a token, which is not documented; called twice, the action does no more than called once.
    """

    needs_region = True

    instance_id: str = text("InstanceId", required=True)
    deployment_set_id: str | None = text("DeploymentSetId")
    group_number: int | None = integer("DeploymentSetGroupNo", least=1, most=7, since=CURRENT)
    dedicated_host_id: str | None = text("DedicatedHostId")
    tenancy: str | None = text("Tenancy", among=("host",), code="InvalidParam.Tenancy", since=CURRENT)
    host_affinity: str | None = text("Affinity", among=("default", "host"), since=CURRENT)
    migration_type: str = text("MigrationType", "reboot", among=("reboot", "live"), since=CURRENT)
    instance_type: str | None = text("InstanceType", since=CURRENT)
    force: bool = flag("Force")
    remove: bool = flag("RemoveFromDeploymentSet", since=(2020, 12))
    client_token: str | None = text("ClientToken")

    not_simulated = ((NO_DEDICATED, "DedicatedHostClusterId"),)


class DescribeDeploymentSetSupportedInstanceTypeFamily(Request):
    """List the instance families that a deployment set of a strategy may hold."""

    needs_region = True
    since = (2019, 9)
    writes = False

    strategy: str | None = text("Strategy")

    answer = Answer(Text("InstanceTypeFamilies"))
