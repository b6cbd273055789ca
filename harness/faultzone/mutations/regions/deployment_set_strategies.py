"""Wrong regions of the chapter on deployment sets: strategies, groups, racks and switches of today."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from faultzone.backends import Backend
from faultzone.model.core.state import RUNNING, STOPPED, DeploymentSet
from faultzone.model.rules import Rules
from faultzone.mutations.library import (
    Answer,
    Parameters,
    answer,
    at,
    becomes,
    default,
    drop,
    emptied,
    put,
    refuse,
    request,
    retry,
    swallow,
    where,
)
from faultzone.mutations.regions.deployment_set_members import no_host_for
from faultzone.mutations.regions.places import INSTANCES, SETS
from faultzone.mutations.row import always, row
from faultzone.mutations.wrapper import Wrapper

CREATE: Final = "CreateDeploymentSet"
DESCRIBE: Final = "DescribeDeploymentSets"
CHANGE: Final = "ModifyDeploymentSetAttribute"
MOVE: Final = "ModifyInstanceDeployment"
FAMILIES: Final = "DescribeDeploymentSetSupportedInstanceTypeFamily"
LAUNCHES: Final = ("RunInstances", "CreateInstance")
NUMBER: Final = "DeploymentSetGroupNo"
FULL: Final = "QuotaExceed.DeploymentSetInstanceQuotaFull"
NO_ROOM: Final = "DeploymentSet.InstanceLimitExceeded"
FAILED: Final = "DeploymentSet.ModificationFailed"

#: What has joined has its status; what is lost does not run; what has no set yet joins.
_STARTS: Final = no_host_for(lambda member: member.status == STOPPED and not member.impaired)
_RECOVERS: Final = no_host_for(lambda member: member.impaired)
_MIGRATES: Final = no_host_for(lambda member: member.status == RUNNING and member.group and not member.impaired)
_JOINS: Final = no_host_for(lambda member: member.group is None)


def next_number(number: object) -> object:
    """The number of the next of three groups."""
    return int(str(number)) % 3 + 1


def hosts_for_all(right: Rules, group: DeploymentSet, number: int) -> Sequence[int]:
    """Members are kept apart from those of their own group too."""
    return range(group.group_count + 1)


def fewer_in_all(right: Rules, group: DeploymentSet, zone: int, number: int) -> int:
    """The limit of a group is that of the whole set."""
    return right.edition.deployment_set.group_limit - len(group.members)


def in_all_zones(right: Rules, group: DeploymentSet, zone: int, number: int) -> int:
    """The limit of a group is that of all zones together."""
    return right.edition.deployment_set.group_limit - list(group.numbers.values()).count(number)


class StaysInItsGroup(Wrapper):
    """Answers a move within a set with success, and does nothing."""

    def __init__(self, inner: Backend) -> None:
        super().__init__(inner)
        self._in: dict[object, object] = {}

    def called(self, action: str, parameters: Parameters, account: str | None) -> Answer:
        moves = action == MOVE and "RemoveFromDeploymentSet" not in parameters
        if moves and self._in.get(parameters["InstanceId"]) == parameters.get("DeploymentSetId"):
            return {"RequestId": ""}
        answered = super().called(action, parameters, account)
        if action == "RunInstances":
            made = answered["InstanceIdSets"]["InstanceIdSet"]
            self._in.update(dict.fromkeys(made, parameters.get("DeploymentSetId")))
        elif moves:
            self._in[parameters["InstanceId"]] = parameters.get("DeploymentSetId")
        return answered


REGIONS: Final = (
    row("sets-without-strategy", "deployment-set/strategies", "makes every set for availability",
        request(CREATE, drop("Strategy"))),
    row("groups-show-as-availability", "deployment-set/strategies", "shows a set with groups as one without",
        answer(DESCRIBE, f"{SETS}[].Strategy", becomes("Availability"))),
    row("no-low-latency", "deployment-set/strategies", "does not know low latency",
        values={"deployment_set.strategies": ["Availability", "AvailabilityGroup"]}),
    row("no-groups", "deployment-set/strategies", "does not know groups",
        values={"deployment_set.strategies": ["Availability", "LowLatency"]}),
    row("low-latency-by-default", "deployment-set/strategies", "makes sets for low latency where nothing is said",
        request(CREATE, default(Strategy="LowLatency"))),
    row("any-strategy-of-today", "deployment-set/strategies", "makes a set for availability of an unknown strategy",
        retry(CREATE, "InvalidParameter.Strategy", drop("Strategy"))),

    row("two-groups", "deployment-set/group-count", "makes two groups where nothing is said",
        request(CREATE, default(GroupCount=2))),
    row("always-three-groups", "deployment-set/group-count", "makes three groups always",
        request(CREATE, drop("GroupCount"))),
    row("hides-group-count", "deployment-set/group-count", "does not show how many groups there are",
        answer(DESCRIBE, f"{SETS}[]", drop("GroupCount"))),
    row("groups-in-every-set", "deployment-set/group-count", "shows groups of every set",
        answer(DESCRIBE, f"{SETS}[]", default(GroupCount=3))),
    row("eight-groups", "deployment-set/group-count", "takes another number of groups for seven",
        retry(CREATE, "InvalidParameter", put(GroupCount=7))),
    row("group-count-needs-groups", "deployment-set/group-count", "refuses a number of groups for other strategies",
        refuse(CREATE, "InvalidParameter",
               lambda given: "GroupCount" in given and given.get("Strategy") != "AvailabilityGroup")),

    row("forgets-group-numbers", "deployment-set/group-number", "ignores the group of a launch",
        request(LAUNCHES, drop(NUMBER))),
    row("forgets-groups-of-moves", "deployment-set/group-number", "ignores the group of what joins",
        request(MOVE, drop(NUMBER))),
    row("next-group", "deployment-set/group-number", "launches into the next group",
        request(LAUNCHES, at(NUMBER, where(lambda number: str(number) in "123", next_number)))),
    row("hides-group-numbers", "deployment-set/group-number", "does not show the group",
        answer("DescribeInstances", f"{INSTANCES}[]", drop(NUMBER))),
    row("groups-from-zero", "deployment-set/group-number", "counts the groups that it shows from zero",
        answer("DescribeInstances", f"{INSTANCES}[].{NUMBER}", lambda number: number - 1)),
    row("numbers-for-all", "deployment-set/group-number", "shows a group of what is in none",
        answer("DescribeInstances", f"{INSTANCES}[]", default(DeploymentSetGroupNo=1))),
    row("beyond-the-last-group", "deployment-set/group-number", "takes the number of a group that there is not",
        retry("RunInstances", "InvalidParameter", drop(NUMBER))),
    row("joins-beyond-the-last-group", "deployment-set/group-number", "lets an instance join a group that there is not",
        retry(MOVE, "InvalidParameter", drop(NUMBER))),

    row("fills-the-first-group", "deployment-set/group-even", "puts all into the first group",
        groups_in_turn=lambda right, groups, members: groups[:1]),
    row("fills-the-last-group", "deployment-set/group-even", "puts all into the last group",
        groups_in_turn=lambda right, groups, members: groups[-1:]),
    row("fills-the-fullest-group", "deployment-set/group-even", "puts each into the group that has the most members",
        groups_in_turn=lambda right, groups, members: sorted(groups, key=lambda each: -members.get(each, 0))[:1]),
    row("forgets-the-third-group", "deployment-set/group-even", "spreads over the first two groups",
        groups_in_turn=lambda right, groups, members: right.groups_in_turn(groups[:2], members)),
    row("turns-without-counting", "deployment-set/group-even", "takes the groups in turn, whatever they have",
        groups_in_turn=lambda right, groups, members: [groups[sum(members.values()) % len(groups)]]),

    row("groups-share-hosts", "deployment-set/group-spread", "lets groups share hosts",
        groups_apart=lambda right, group, number: () if group.group_count else right.groups_apart(group, number)),
    row("groups-share-with-the-last", "deployment-set/group-spread", "lets a group share hosts with the last",
        groups_apart=lambda right, group, number: [
            each for each in right.groups_apart(group, number) if each != group.group_count]),
    row("groups-are-apart-within", "deployment-set/group-spread", "keeps the members of a group apart too",
        groups_apart=hosts_for_all),
    row("groups-start-anywhere", "deployment-set/group-spread", "forgets the groups when a member starts anew",
        hosts_to_avoid=_STARTS),
    row("groups-recover-anywhere", "deployment-set/group-spread", "forgets the groups when a member is recovered",
        hosts_to_avoid=_RECOVERS, preference=lambda right, levels: levels),
    row("groups-migrate-anywhere", "deployment-set/group-spread", "forgets the groups when a member is migrated",
        hosts_to_avoid=_MIGRATES),
    row("joins-any-group", "deployment-set/group-spread", "forgets the groups when an instance joins",
        hosts_to_avoid=_JOINS),

    row("stays-in-its-group", "deployment-set/group-respread", "does not spread a member anew", wrap=StaysInItsGroup),
    row("respreads-without-number", "deployment-set/group-respread", "ignores the group of what moves in its set",
        request(MOVE, drop(NUMBER))),
    row("respreads-into-the-first", "deployment-set/group-respread", "spreads anew into the first group",
        groups_in_turn=lambda right, groups, members: groups[:1]),
    row("respreads-without-force", "deployment-set/group-respread", "moves a member to another host without Force",
        hosts_to_avoid=no_host_for(lambda member: member.group is not None)),

    row("twenty-one-in-a-group", "deployment-set/group-limit", "lets a group have 21 members in a zone",
        values={"deployment_set.group_limit": 21}),
    row("nineteen-in-a-group", "deployment-set/group-limit", "lets a group have 19 members in a zone",
        values={"deployment_set.group_limit": 19}),
    row("groups-share-their-limit", "deployment-set/group-limit", "counts the members of all groups together",
        room_in_group=fewer_in_all),
    row("zones-share-the-limit-of-a-group", "deployment-set/group-limit", "counts a group in all zones together",
        room_in_group=in_all_zones),
    row("full-group-seems-joined", "deployment-set/group-limit", "answers joining a full group with success",
        swallow(MOVE, NO_ROOM)),
    row("launches-beside-a-full-group", "deployment-set/group-limit", "launches into another group than the full one",
        retry("RunInstances", FULL, drop(NUMBER))),

    row("low-latency-over-two-zones", "deployment-set/low-latency-one-zone", "lets low latency have several zones",
        zone_in_set=always(True)),
    row("low-latency-ignores-the-zone", "deployment-set/low-latency-one-zone",
        "launches in the zone of the set where another is named",
        retry("RunInstances", "InvalidParameter.NotMatch", drop("ZoneId"))),
    row("low-latency-seems-joined", "deployment-set/low-latency-one-zone",
        "answers joining from another zone with success", swallow(MOVE, FAILED)),
    row("low-latency-has-its-zone", "deployment-set/low-latency-one-zone", "has low latency in the first zone alone",
        zone_in_set=lambda right, group, zone, without=None: zone == 0),
    row("low-latency-needs-hosts", "deployment-set/low-latency-may-share", "gives each member a host of its own",
        groups_apart=lambda right, group, number: right.groups_apart(group, number) or (0,)),
    row("twenty-one-with-low-latency", "deployment-set/low-latency-limit", "takes 21 members",
        values={"deployment_set.low_latency_limit": 21}),
    row("nineteen-with-low-latency", "deployment-set/low-latency-limit", "takes 19 members",
        values={"deployment_set.low_latency_limit": 19}),
    row("full-low-latency-seems-joined", "deployment-set/low-latency-limit",
        "answers joining a full set with success", swallow(MOVE, NO_ROOM)),

    row("seven-in-a-zone-still", "deployment-set/zone-limit-20", "lets a set have seven members in a zone",
        values={"deployment_set.zone_limit": 7}),
    row("nineteen-in-a-zone", "deployment-set/zone-limit-20", "lets a set have 19 members in a zone",
        values={"deployment_set.zone_limit": 19}),
    row("twenty-one-in-a-zone", "deployment-set/zone-limit-20", "lets a set have 21 members in a zone",
        values={"deployment_set.zone_limit": 21}),
    row("twenty-in-a-region", "deployment-set/zone-limit-20", "lets a set have 20 members in all zones together",
        region_limit=lambda right, zones: right.zone_limit()),
    row("a-twenty-first-joins", "deployment-set/zone-limit-20", "answers joining a full set with success",
        swallow(MOVE, NO_ROOM)),

    row("racks-are-shared", "deployment-set/type", "keeps members apart by hosts, whatever the type",
        apart_by=always("host")),
    row("switches-are-racks", "deployment-set/type", "keeps members apart by racks where switches are asked for",
        apart_by=lambda right, group: "rack" if group.apart_by == "sw" else right.apart_by(group)),
    row("racks-are-switches", "deployment-set/type", "keeps members apart by switches where racks are asked for",
        apart_by=lambda right, group: "sw" if group.apart_by == "rack" else right.apart_by(group)),
    row("racks-by-default", "deployment-set/type", "keeps members apart by racks where nothing is said",
        request(CREATE, default(Type="rack"))),
    row("types-are-not-shown", "deployment-set/type", "shows hosts as the type of every set",
        answer(DESCRIBE, f"{SETS}[].Type", becomes("host"))),
    row("any-set-type", "deployment-set/type", "takes a type that there is not for hosts",
        retry(CREATE, "InvalidParameter", drop("Type"))),
    row("starts-in-any-rack", "deployment-set/type", "forgets racks and switches when a member starts anew",
        hosts_to_avoid=_STARTS),
    row("recovers-in-any-rack", "deployment-set/type", "forgets racks and switches when a member is recovered",
        hosts_to_avoid=_RECOVERS),
    row("joins-in-any-rack", "deployment-set/type", "forgets racks and switches when an instance joins",
        hosts_to_avoid=_JOINS),

    row("affinity-is-one", "deployment-set/affinity", "ignores the affinity", affinity=always(1)),
    row("affinity-is-one-more", "deployment-set/affinity", "lets one more member share a place",
        affinity=lambda right, group: right.affinity(group) + 1),
    row("affinity-is-one-fewer", "deployment-set/affinity", "lets one member fewer share a place",
        affinity=lambda right, group: max(1, right.affinity(group) - 1)),
    row("affinity-is-of-hosts", "deployment-set/affinity", "counts members of a host for the affinity of every type",
        apart_by=always("host")),
    row("affinity-two-by-default", "deployment-set/affinity", "lets two share a host where nothing is said",
        request(CREATE, default(Affinity=2))),
    row("affinity-is-not-shown", "deployment-set/affinity", "shows an affinity of one",
        answer(DESCRIBE, f"{SETS}[].Affinity", becomes(1))),
    row("any-affinity", "deployment-set/affinity", "takes an affinity out of the range for one",
        retry(CREATE, "InvalidParameter", drop("Affinity"))),

    row("affinity-falls-with-members", "deployment-set/affinity-change", "lowers the affinity of a set with members",
        may_change_affinity=always(True)),
    row("affinity-never-rises", "deployment-set/affinity-change", "changes the affinity of empty sets alone",
        may_change_affinity=lambda right, group, affinity: not group.members),
    row("affinity-never-falls", "deployment-set/affinity-change", "never lowers an affinity",
        may_change_affinity=lambda right, group, affinity: affinity >= group.affinity),
    row("affinity-seems-changed", "deployment-set/affinity-change", "ignores another affinity",
        request(CHANGE, drop("Affinity"))),
    row("affinity-of-every-strategy", "deployment-set/affinity-change",
        "ignores an affinity that the strategy does not have", retry(CHANGE, "InvalidParameter", drop("Affinity"))),

    row("families-of-availability", "deployment-set/families-by-strategy", "has the same families for each strategy",
        families_in_set=lambda right, strategy: right.families_in_set("Availability")),
    row("families-of-2019", "deployment-set/families-by-strategy", "has the families of the first edition",
        values={"deployment_set.families": frozenset({"ecs.c5", "ecs.g5", "ecs.r5"})}),
    row("lists-families-of-availability", "deployment-set/families-by-strategy",
        "lists the families of availability for each strategy", request(FAMILIES, drop("Strategy"))),
    row("takes-any-family", "deployment-set/families-by-strategy", "lets a set have instances of every family",
        family_in_set=always(True)),
    row("other-families-join", "deployment-set/families-by-strategy",
        "answers joining of another family with success", swallow(MOVE, "InvalidInstanceType.NotSupported")),

    row("all-zones-have-room", "deployment-set/capacities", "shows what an empty zone may have",
        answer(DESCRIBE, f"{SETS}[].Capacities.Capacity[].AvailableAmount", becomes(20))),
    row("nothing-is-used", "deployment-set/capacities", "shows that nothing is used",
        answer(DESCRIBE, f"{SETS}[].Capacities.Capacity[].UsedAmount", emptied())),
    row("no-capacities", "deployment-set/capacities", "shows no zone",
        answer(DESCRIBE, f"{SETS}[].Capacities", put(Capacity=[]))),
    row("capacity-of-one-zone", "deployment-set/capacities", "shows one zone alone",
        answer(DESCRIBE, f"{SETS}[].Capacities.Capacity", lambda zones: zones[:1])),
    row("capacity-of-one-group", "deployment-set/capacities", "shows the capacity of one group",
        answer(DESCRIBE, f"{SETS}[].Capacities.Capacity[]",
               lambda zone: {**zone, "AvailableAmount": min(20 - zone["UsedAmount"], zone["AvailableAmount"])})),

    row("lists-every-strategy", "deployment-set/describe-today", "ignores the filter by strategy",
        request(DESCRIBE, drop("Strategy"))),
    row("lists-every-type", "deployment-set/describe-today", "ignores the filter by type",
        request(DESCRIBE, drop("Type"))),
    row("racks-show-as-hosts", "deployment-set/describe-today", "shows hosts as the type of every set",
        answer(DESCRIBE, f"{SETS}[].Type", becomes("host"))),
    row("affinity-shows-as-one", "deployment-set/describe-today", "shows an affinity of one",
        answer(DESCRIBE, f"{SETS}[].Affinity", becomes(1))),
    row("members-are-not-counted", "deployment-set/describe-today", "shows that a set has no members",
        answer(DESCRIBE, f"{SETS}[].InstanceAmount", becomes(0))),
    row("sets-of-nobody", "deployment-set/describe-today", "shows no account",
        answer(DESCRIBE, f"{SETS}[].AccountId", becomes(0))),

    row("pages-of-fifty-one", "deployment-set/page-size-50", "gives pages of 51",
        answer(DESCRIBE, "PageSize", becomes(51), when=lambda given: str(given.get("PageSize")) == "51"),
        retry(DESCRIBE, "InvalidParameter", put(PageSize=50))),
    row("pages-of-forty-nine", "deployment-set/page-size-50", "gives pages of 49 at most",
        request(DESCRIBE, at("PageSize", lambda size: min(int(size), 49)))),
    row("pages-of-twenty", "deployment-set/page-size-50", "gives pages of twenty where nothing is said",
        request(DESCRIBE, default(PageSize=20))),

    row("retired-values-count", "deployment-set/retired-ignored", "refuses other values of what is deprecated",
        values={"deployment_set.retired_ignored": False}),
    row("no-set-is-classic", "deployment-set/retired-ignored", "finds no set in the classic network",
        answer(DESCRIBE, "DeploymentSets", put(DeploymentSet=[]),
               when=lambda given: given.get("NetworkType") == "classic")),

    row("renames-as-it-names", "deployment-set/rename-rule", "renames by the rule of the creation",
        values={"deployment_set.renames_freely": False}),
    row("renames-to-anything", "deployment-set/rename-rule", "takes every name", set_rename_is_valid=always(True)),
    row("renames-to-long-names", "deployment-set/rename-rule", "takes a name of 129 characters",
        set_rename_is_valid=lambda right, name: right.set_rename_is_valid(name[:128])),
    row("renames-to-latin-letters", "deployment-set/rename-rule", "takes letters of one script alone",
        set_rename_is_valid=lambda right, name: name.isascii() and right.set_rename_is_valid(name)),
    row("renames-without-periods", "deployment-set/rename-rule", "takes no periods",
        set_rename_is_valid=lambda right, name: "." not in name and right.set_rename_is_valid(name)),
    row("renames-clear-descriptions", "deployment-set/rename-rule", "forgets the description at a new name",
        request(CHANGE, where(lambda given: "DeploymentSetName" in given, default(Description="none")))),

    row("leaves-while-pending", "deployment-set/remove-instance-state", "lets go what is being made",
        values={"deployment_set.leave_from": ["Running", "Stopped", "Pending"]}),
    row("leaves-while-stopping", "deployment-set/remove-instance-state", "lets go what stops",
        values={"deployment_set.leave_from": ["Running", "Stopped", "Stopping"]}),
    row("leaves-while-starting", "deployment-set/remove-instance-state", "lets go what starts",
        values={"deployment_set.leave_from": ["Running", "Stopped", "Starting"]}),
    row("leaves-while-running-alone", "deployment-set/remove-instance-state", "keeps what is stopped",
        values={"deployment_set.leave_from": ["Running"]}),

    row("local-disks-stay", "deployment-set/force-moves-local-disks", "moves nothing by force",
        host_may_change=always(False)),
    row("local-disks-move-anyway", "deployment-set/force-moves-local-disks", "moves without Force",
        host_may_change=always(True)),
    row("joins-past-tenancy", "deployment-set/not-with-dedicated-host-parameters", "ignores Tenancy beside a set",
        request(MOVE, drop("Tenancy"))),
    row("joins-past-affinity", "deployment-set/not-with-dedicated-host-parameters", "ignores Affinity beside a set",
        request(MOVE, drop("Affinity"))),
    row("joins-past-a-dedicated-host", "deployment-set/not-with-dedicated-host-parameters",
        "ignores DedicatedHostId beside a set", request(MOVE, drop("DedicatedHostId"))),

    row("kept-members-come-back", "deployment-set/keep-stopped-stays", "starts a member that was kept stopped",
        values={"deployment_set.kept_stopped_waits": True}),
    row("kept-members-leave", "deployment-set/keep-stopped-stays", "lets a member go that is to be kept",
        may_leave_set=always(True)),
    row("kept-members-start-anywhere", "deployment-set/keep-stopped-stays",
        "starts a member that was kept beside another", hosts_to_avoid=no_host_for(lambda member: not member.impaired)),
)  # fmt: skip
