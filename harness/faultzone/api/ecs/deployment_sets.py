"""The actions on deployment sets; none merges two (deployment-set/no-merge).

Source: API reference of February 2019, chapter "Deployment sets".
"""

from __future__ import annotations

from faultzone.api.answer import CURRENT, PAGES, Answer, Number, Text, Time, items
from faultzone.api.ecs.reasons import (
    NO_AFFINITY,
    NO_DEDICATED,
    NO_RACKS,
    NO_SET_GROUPS,
    NO_TYPE_CHANGE,
)
from faultzone.api.request import Request, flag, integer, json_texts, text

#: What fail-over does with a member when no host is left that keeps the spread; the first is the default.
ON_UNABLE = ("CancelMembershipAndStart", "KeepStopped")


class CreateDeploymentSet(Request):
    """Create a deployment set of the one strategy that exists, high availability.

    `Strategy`, `Domain` and `Granularity` were being retired in February 2019, `DeploymentStrategy` is an earlier name:
    each is accepted with its documented values only (deployment-set/retired-parameters).
    """

    needs_region = True  # deployment-set/create-needs-region

    deployment_set_name: str | None = text("DeploymentSetName")
    description: str | None = text("Description")
    strategy: str | None = text("Strategy")
    deployment_strategy: str | None = text("DeploymentStrategy")
    domain: str | None = text("Domain")
    granularity: str | None = text("Granularity")
    on_unable: str = text("OnUnableToRedeployFailedInstance", ON_UNABLE[0], among=ON_UNABLE)
    client_token: str | None = text("ClientToken")

    not_simulated = (
        (NO_AFFINITY, "Affinity=1"),
        (NO_SET_GROUPS, "GroupCount"),
        (NO_RACKS, "Type=host"),
    )

    answer = Answer(Text("DeploymentSetId"))


class DescribeDeploymentSets(Request):
    """List deployment sets with their members, filtered and paged (deployment-set/describe-paging).

    At most 100 ids are accepted (deployment-set/describe-ids-limit).
    """

    needs_region = True
    writes = False

    deployment_set_ids: tuple[str, ...] | None = json_texts(
        "DeploymentSetIds", most=100, too_many="InvalidDeploymentSetIds.TooManyInput"
    )
    deployment_set_name: str | None = text("DeploymentSetName")
    strategy: str | None = text("Strategy")
    domain: str | None = text("Domain")
    granularity: str | None = text("Granularity")
    network_type: str | None = text("NetworkType", among=("classic", "vpc"))
    page_number: int = integer("PageNumber", 1, least=1)
    page_size: int = integer("PageSize", 10, least=1, most=100)

    not_simulated = ((NO_RACKS, "Type=host"),)

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
            Number("GroupCount", since=CURRENT, missing=NO_SET_GROUPS),
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
    """Change the name or description of a deployment set. The manual writes the plural, the wire always had the
    singular (deployment-set/modify-attributes-name)."""

    needs_region = True
    aliases = ("ModifyDeploymentSetAttributes",)

    deployment_set_id: str = text("DeploymentSetId", required=True)
    deployment_set_name: str | None = text("DeploymentSetName")
    description: str | None = text("Description")

    not_simulated = ((NO_AFFINITY, "Affinity=1"),)


class DeleteDeploymentSet(Request):
    """Delete a deployment set that holds no instance."""

    needs_region = True

    deployment_set_id: str = text("DeploymentSetId", required=True)


class ModifyInstanceDeployment(Request):
    """Put an instance into a deployment set, move it from one to another, or since 2020-12 take it out.

    Terraform's provider sends a token, which is not documented; called twice, the action does no more than called once.
    """

    needs_region = True

    instance_id: str = text("InstanceId", required=True)
    deployment_set_id: str | None = text("DeploymentSetId")
    dedicated_host_id: str | None = text("DedicatedHostId")
    force: bool = flag("Force")
    remove: bool = flag("RemoveFromDeploymentSet", since=(2020, 12))
    client_token: str | None = text("ClientToken", inert=(2019, 2))

    not_simulated = (
        (NO_DEDICATED, "Affinity=default DedicatedHostClusterId Tenancy MigrationType=reboot"),
        (NO_SET_GROUPS, "DeploymentSetGroupNo"),
        (NO_TYPE_CHANGE, "InstanceType"),
    )


class DescribeDeploymentSetSupportedInstanceTypeFamily(Request):
    """List the instance families that a deployment set may hold."""

    needs_region = True
    since = (2019, 9)
    writes = False

    strategy: str | None = text("Strategy")

    answer = Answer(Text("InstanceTypeFamilies"))
