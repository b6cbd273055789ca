"""Wrong regions of the chapter on instances: batch actions, and what the documentation of October 2026 changes."""

from __future__ import annotations

from typing import Final

from faultzone.mutations.described import written
from faultzone.mutations.library import (
    Answer,
    Apply,
    Next,
    Parameters,
    accept,
    after,
    after_refusal,
    answer,
    at,
    backwards,
    becomes,
    before,
    default,
    drop,
    emptied,
    instead,
    put,
    read_as,
    refuse,
    refused_as,
    request,
    swallow,
    where,
)
from faultzone.mutations.regions.instances import allowed
from faultzone.mutations.regions.places import INSTANCES
from faultzone.mutations.row import always, row

LISTING: Final = "DescribeInstances"
BATCHES: Final = ("StartInstances", "StopInstances", "RebootInstances")
RESPONSES: Final = "InstanceResponses.InstanceResponse"
MODIFY: Final = "ModifyInstanceAttribute"
STATES: Final = ("Pending", "Starting", "Running", "Stopping", "Stopped")
METADATA: Final = "ModifyInstanceMetadataOptions"
TAKEN: Final = "DetachInstanceRamRoleResults.DetachInstanceRamRoleResult"
WRONG_STATE: Final = "IncorrectInstanceStatus"
TYPES: Final = "InstanceTypes.InstanceType"
DELETES: Final = "DeleteInstances"
MEMBERSHIP: Final = ("JoinSecurityGroup", "LeaveSecurityGroup")
NO_GROUP: Final = "InvalidSecurityGroupId.NotFound"


def is_later_page(given: Parameters) -> bool:
    """Whether a call asks for a page after the first."""
    return "NextToken" in given


def detach(on: Next, given: Parameters) -> None:
    """Take from instances the role that they have."""
    on("DetachInstanceRamRole", {name: given[name] for name in ("RegionId", "InstanceIds") if name in given})


def as_one_more(given: Parameters) -> Answer:
    """The parameters of a change of all security groups, of one group."""
    rest = {name: value for name, value in given.items() if name != "SecurityGroupId"}
    return {**rest, "SecurityGroupIds": [given["SecurityGroupId"]]}


def of_its_instance(given: Parameters) -> Answer:
    """The parameters of a call about the instance of the network interface that they name."""
    interface = given.get("NetworkInterfaceId")
    if not interface or "InstanceId" in given:
        return dict(given)
    rest = {name: value for name, value in given.items() if name != "NetworkInterfaceId"}
    return {**rest, "InstanceId": f"i-{str(interface)[4:24]}"}


def delete_the_first(on: Next, given: Parameters) -> None:
    """Delete the first of the instances."""
    on(DELETES, {**given, "InstanceId": list(given["InstanceId"])[:1]})


def restart_the_named(on: Next, given: Parameters, answered: Answer) -> None:
    """Restart an instance that was given a host name."""
    if given.get("HostName"):
        on("RebootInstance", {"RegionId": given["RegionId"], "InstanceId": given["InstanceId"], "ForceStop": True})


@written
def without_key(key: str) -> Apply:
    """The parameters without the filter of this key."""

    def change(given: Parameters) -> Answer:
        gone = {name[:-4] for name, value in given.items() if name.endswith(".Key") and value == key}
        return {name: value for name, value in given.items() if not any(name.startswith(f"{each}.") for each in gone)}

    return change


def given_alone(told: Answer) -> Answer:
    """The count of those that were given the role as that of all."""
    return {**told, "TotalCount": told["TotalCount"] - told["FailCount"]}


def no_twice(groups: list[str]) -> list[str]:
    """Each group once."""
    return list(dict.fromkeys(groups))


REGIONS: Final = (
    # Batch actions
    row("batch-does-what-it-can", "instance/batch-all-together", "does what it can unless told otherwise",
        request(BATCHES, default(BatchOptimization="SuccessFirst"))),
    row("all-together-is-ignored", "instance/batch-all-together", "does what it can whatever it is told",
        request(BATCHES, put(BatchOptimization="SuccessFirst"))),
    row("batch-forgets-what-was", "instance/batch-all-together", "tells the new state as the one before",
        answer(BATCHES, f"{RESPONSES}[]", lambda each: {**each, "PreviousStatus": each["CurrentStatus"]})),
    row("batch-tells-what-was", "instance/batch-all-together", "tells the state before as the new one",
        answer(BATCHES, f"{RESPONSES}[]", lambda each: {**each, "CurrentStatus": each["PreviousStatus"]})),
    row("batch-has-no-codes", "instance/batch-all-together", "tells no codes of a batch",
        answer(BATCHES, f"{RESPONSES}[].Code", emptied())),
    row("batch-is-of-one", "instance/batch-all-together", "does to the first of a batch alone what was asked",
        request(BATCHES, at("InstanceId", lambda ids: ids[:1]))),
    row("batch-tells-of-one", "instance/batch-all-together", "answers for the last of a batch alone",
        answer(BATCHES, RESPONSES, lambda each: each[-1:])),
    row("success-first-is-ignored", "instance/batch-success-first", "does all or nothing in spite of SuccessFirst",
        request(BATCHES, put(BatchOptimization="AllTogether"))),
    row("success-first-tells-success", "instance/batch-success-first", "tells success of what does not fit",
        answer(BATCHES, f"{RESPONSES}[].Code", becomes("200"))),
    row("success-first-leaves-out", "instance/batch-success-first", "does not answer for what does not fit",
        answer(BATCHES, RESPONSES, lambda all: [each for each in all if each["Code"] == "200"])),
    row("batch-dry-run-is-of-one", "instance/batch-dry-run", "has the code of the actions for one",
        refused_as((*BATCHES, "DeleteInstances"), "DRYRUN.SUCCESS", "DryRunOperation")),
    row("batch-dry-run-acts", "instance/batch-dry-run", "does what a dry run asks for",
        request((*BATCHES, "DeleteInstances"), drop("DryRun"))),
    row("dry-deletion-checks-nothing", "instance/batch-dry-run", "passes every dry run of a deletion",
        refuse("DeleteInstances", "DRYRUN.SUCCESS", lambda given: given.get("DryRun"))),

    # Listings
    row("tokens-end-at-once", "instance/token-paging", "gives no token",
        answer(LISTING, "NextToken", emptied())),
    row("token-is-ignored", "instance/token-paging", "shows the first page again",
        request(LISTING, drop("NextToken"))),
    row("token-forgets-filters", "instance/token-paging", "forgets the name after the first page",
        request(LISTING, where(is_later_page, drop("InstanceName")))),
    row("token-pages-turn", "instance/token-paging", "shows the second page from its end, and the first item twice",
        answer(LISTING, INSTANCES, backwards(), lambda page: [*page, *page[:1]], when=is_later_page)),
    row("small-pages-are-small", "instance/token-paging", "shows fewer than 10 where fewer are asked for",
        answer(LISTING, INSTANCES, lambda page: page[:5], when=lambda given: int(given.get("MaxResults") or 50) < 10)),
    row("small-pages-are-refused", "instance/token-paging", "refuses pages of fewer than 10",
        refuse(LISTING, "InvalidParameter", lambda given: int(given.get("MaxResults") or 50) < 10)),
    row("large-pages-are-refused", "instance/token-paging", "refuses pages of more than 100",
        refuse(LISTING, "InvalidParameter", lambda given: int(given.get("MaxResults") or 50) > 100)),
    row("pages-of-99", "instance/token-paging", "shows at most 99 on a page",
        request(LISTING, at("MaxResults", lambda most: min(int(most), 99)))),
    row("any-token-is-good", "instance/token-paging", "shows the first page for a token that it never gave",
        request(LISTING, where(lambda given: " " in str(given.get("NextToken")), drop("NextToken")))),
    row("refunds-are-unknown", "instance/lock-reasons", "does not know of refunds",
        values={"instance.lock_reasons": ["financial", "security", "Recycling", "dedicatedhostfinancial"]}),
    row("recycling-is-small", "instance/lock-reasons", "knows recycling as the first editions do",
        values={"instance.lock_reasons": ["financial", "security", "recycling", "dedicatedhostfinancial", "refunded"]}),
    row("recycling-has-two-names", "instance/lock-reasons", "knows recycling in both spellings",
        request(LISTING, at("LockReason", read_as({"recycling": "Recycling"})))),
    row("any-lock-reason", "instance/lock-reasons", "finds nothing for an unknown reason",
        request(LISTING, at("LockReason", read_as({"nothing": "refunded"})))),

    # States
    row("restart-stops-first", "instance/reboot-starts-at-once", "is Stopping at the beginning of a restart",
        values={"instance.reboot_enters": "Stopping"}),
    row("restart-begins-again", "instance/reboot-starts-at-once", "restarts what restarts already",
        values=allowed("RebootInstance", "Starting")),
    row("user-data-of-16-kb-still", "instance/user-data-32-kb", "takes 16 KB of user data",
        values={"instance.user_data_bytes": 16_384}),
    row("user-data-of-32-kb-and-a-byte", "instance/user-data-32-kb", "takes a byte too many",
        values={"instance.user_data_bytes": 32_769}),
    row("user-data-of-a-byte-less", "instance/user-data-32-kb", "takes a byte too few",
        values={"instance.user_data_bytes": 32_767}),
    *(
        row(f"user-data-not-{state.lower()}", "instance/user-data-in-any-state", f"keeps user data while {state}",
            values={"instance.user_data_states": [each for each in STATES if each != state]})
        for state in STATES
    ),
    row("host-name-while-pending", "instance/host-name-states", "changes the host name of what is Pending",
        values={"instance.host_name_states": ["Pending", "Running", "Stopping", "Stopped"]}),
    row("host-name-while-starting", "instance/host-name-states", "changes the host name of what is Starting",
        values={"instance.host_name_states": ["Starting", "Running", "Stopping", "Stopped"]}),
    row("host-name-while-running-alone", "instance/host-name-states", "keeps the host name of what is Stopped",
        values={"instance.host_name_states": ["Running"]}),
    row("host-name-while-stopped-alone", "instance/host-name-states", "keeps the host name of what is Running",
        values={"instance.host_name_states": ["Stopped"]}),
    row("host-name-is-forgotten", "instance/host-name-states", "answers success, and keeps the host name",
        request(MODIFY, drop("HostName"))),
    row("every-deletion-cuts", "instance/delete-force-stop", "cuts the power in spite of ForceStop",
        delete_cuts_power=always(True)),
    row("no-deletion-cuts", "instance/delete-force-stop", "shuts down in order unless the instance is stopped",
        delete_cuts_power=always(False)),
    row("deletion-is-gentle-by-default", "instance/delete-force-stop", "cuts no power unless it is told to",
        request("DeleteInstance", default(ForceStop=False))),
    row("force-stop-is-force", "instance/delete-force-stop", "takes ForceStop for Force",
        request("DeleteInstance", where(lambda given: given.get("ForceStop"), put(Force=True)))),

    # Metadata
    row("tokens-are-never-required", "instance/metadata-options", "forgets HttpTokens",
        request(METADATA, drop("HttpTokens"))),
    row("metadata-tags-are-forgotten", "instance/metadata-options", "forgets InstanceMetadataTags",
        request(METADATA, drop("InstanceMetadataTags"))),
    row("metadata-are-always-there", "instance/metadata-options", "never turns the metadata off",
        request(METADATA, at("HttpEndpoint", read_as({"disabled": "enabled"})))),
    row("metadata-tokens-are-reset", "instance/metadata-options", "needs no token unless each change says so",
        request(METADATA, default(HttpTokens="optional"))),
    row("metadata-tags-are-reset", "instance/metadata-options", "shows no tags unless each change says so",
        request(METADATA, default(InstanceMetadataTags="disabled"))),
    row("metadata-need-no-choice", "instance/metadata-options", "turns the metadata on unless told otherwise",
        request(METADATA, default(HttpEndpoint="enabled"))),
    row("metadata-filter-is-ignored", "instance/metadata-options", "does not filter by HttpEndpoint",
        request(LISTING, drop("HttpEndpoint"))),
    row("metadata-token-filter-is-ignored", "instance/metadata-options", "does not filter by HttpTokens",
        request(LISTING, drop("HttpTokens"))),
    row("metadata-take-any-value", "instance/metadata-options", "answers success to other values",
        swallow(METADATA, "InvalidParameter")),

    # Security groups
    row("first-group-counts", "instance/modify-security-groups", "takes the first of the named groups alone",
        request(MODIFY, at("SecurityGroupIds", lambda groups: groups[:1]))),
    row("groups-never-change", "instance/modify-security-groups", "keeps its groups",
        request(MODIFY, drop("SecurityGroupIds"))),
    row("groups-twice-are-once", "instance/modify-security-groups", "takes a group that is named twice for one",
        request(MODIFY, at("SecurityGroupIds", no_twice))),
    row("unknown-groups-pass", "instance/modify-security-groups", "answers success for an unknown group",
        swallow(MODIFY, NO_GROUP)),
    row("groups-of-two-types-pass", "instance/modify-security-groups", "answers success for groups of two types",
        swallow(MODIFY, "InvalidParameter")),
    row("group-replaces-groups", "instance/join-security-group", "leaves all other groups for the new one",
        instead("JoinSecurityGroup", MODIFY, as_one_more)),
    row("group-is-joined-twice", "instance/join-security-group", "answers success where it is in the group",
        swallow("JoinSecurityGroup", "InvalidInstanceId.AlreadyExists")),
    row("unknown-group-is-joined", "instance/join-security-group", "answers success for an unknown group",
        swallow("JoinSecurityGroup", NO_GROUP)),
    row("group-is-joined-on-the-way", "instance/join-security-group", "answers success in every state",
        swallow("JoinSecurityGroup", WRONG_STATE)),
    row("unknown-group-is-left", "instance/leave-security-group", "answers success for an unknown group",
        swallow("LeaveSecurityGroup", NO_GROUP)),
    row("group-is-left-on-the-way", "instance/leave-security-group", "answers success in every state",
        swallow("LeaveSecurityGroup", WRONG_STATE)),
    row("last-group-is-left", "instance/leave-security-group", "answers success for the last group",
        swallow("LeaveSecurityGroup", "InstanceLastSecurityGroup")),
    row("other-group-is-left", "instance/leave-security-group", "answers success for a group that it is not in",
        swallow("LeaveSecurityGroup", "InvalidSecurityGroupAssociation.NotFound")),
    *(row(f"interfaces-always-{action.lower()[:-13]}", "instance/security-groups-of-interfaces",
          f"answers {action} of an interface and does nothing",
          instead(action, "DescribeRegions", when=lambda given: given.get("NetworkInterfaceId")))
      for action in ("JoinSecurityGroup", "LeaveSecurityGroup")),
    row("interfaces-join-as-instances", "instance/security-groups-of-interfaces",
        "puts the instance into the group where an interface is named", request(MEMBERSHIP, of_its_instance)),
    row("interfaces-beside-instances", "instance/security-groups-of-interfaces", "looks at the interface alone",
        request(MEMBERSHIP, where(lambda given: given.get("NetworkInterfaceId"), drop("InstanceId")))),
    row("instances-beside-interfaces", "instance/security-groups-of-interfaces", "looks at the instance alone",
        request(MEMBERSHIP, where(lambda given: given.get("InstanceId"), drop("NetworkInterfaceId")))),
    *(row(f"interfaces-in-spite-of-{code.partition('.')[0].lower()}", "instance/security-groups-of-interfaces",
          f"never answers {code}", swallow(MEMBERSHIP, code))
      for code in ("InvalidInstanceId.AlreadyExists", "InvalidEniId.NotFound", "InstanceLastSecurityGroup",
                   "InvalidSecurityGroupAssociation.NotFound", "MissingParameter")),

    # Roles
    row("role-replaces-role", "instance/attach-role", "takes the role that an instance has for another",
        before("AttachInstanceRamRole", detach)),
    row("role-of-the-first", "instance/attach-role", "gives the role to the first instance alone",
        request("AttachInstanceRamRole", at("InstanceIds", lambda ids: f'{ids.split(",")[0].rstrip("]")}]'))),
    row("roles-never-fail", "instance/attach-role", "counts no failures",
        answer("AttachInstanceRamRole", "FailCount", emptied())),
    row("failed-roles-are-not-counted", "instance/attach-role", "counts what was given alone",
        answer("AttachInstanceRamRole", "", given_alone)),
    row("any-role-is-taken", "instance/detach-role", "takes any role in place of the named one",
        request("DetachInstanceRamRole", drop("RamRoleName"))),
    row("role-is-not-told", "instance/detach-role", "does not say which role was taken",
        answer("DetachInstanceRamRole", f"{TAKEN}[].InstanceRamRoleSets", put(InstanceRamRoleSet=[]))),
    row("untaken-roles-are-not-counted", "instance/detach-role", "counts no failures",
        answer("DetachInstanceRamRole", "FailCount", emptied())),

    # Hardware and names
    row("frames-stay-small", "instance/modify-jumbo-frame", "never shows jumbo frames",
        answer("DescribeInstanceAttribute", "EnableJumboFrame", becomes(False))),
    row("frames-stay-large", "instance/modify-jumbo-frame", "never turns jumbo frames off",
        request(MODIFY, where(lambda given: str(given.get("EnableJumboFrame")).lower() == "false",
                              drop("EnableJumboFrame")))),
    row("network-options-know-no-frames", "instance/modify-jumbo-frame", "shows no jumbo frames in NetworkOptions",
        answer("DescribeInstanceAttribute", "NetworkOptions.EnableJumboFrame", becomes(False))),
    row("frames-on-the-way", "instance/modify-jumbo-frame", "answers success in every state",
        swallow(MODIFY, WRONG_STATE)),
    row("cpu-options-while-running", "instance/modify-cpu-options", "answers success to a running instance",
        swallow(MODIFY, WRONG_STATE)),
    row("threads-are-not-shown", "instance/modify-cpu-options", "shows two threads for each core",
        answer(LISTING, f"{INSTANCES}[].CpuOptions.ThreadsPerCore", becomes(2))),
    row("topology-is-not-shown", "instance/modify-cpu-options", "does not show the topology",
        answer(LISTING, f"{INSTANCES}[].CpuOptions.TopologyType", emptied())),
    row("any-cpu-options", "instance/modify-cpu-options", "answers success to what no type has",
        swallow(MODIFY, "InvalidParameter")),
    row("private-names-are-plain", "instance/modify-private-names", "forgets the kind of host name",
        answer(LISTING, f"{INSTANCES}[].PrivateDnsNameOptions.HostnameType", becomes("Custom"))),
    row("private-records-are-forgotten", "instance/modify-private-names", "does not show the records of addresses",
        answer(LISTING, f"{INSTANCES}[].PrivateDnsNameOptions", put(EnableIpDnsARecord=False))),
    row("private-pointers-are-forgotten", "instance/modify-private-names", "does not show the records of pointers",
        answer(LISTING, f"{INSTANCES}[].PrivateDnsNameOptions", put(EnableIpDnsPtrRecord=False))),
    row("private-records-are-all", "instance/modify-private-names", "shows records that nobody asked for",
        answer(LISTING, f"{INSTANCES}[].PrivateDnsNameOptions", put(EnableInstanceIdDnsARecord=True))),
    row("any-private-name", "instance/modify-private-names", "answers success to an unknown kind of host name",
        swallow(MODIFY, "InvalidParameter")),

    # Types with local disks, economical mode, releases
    row("local-disks-of-old-types", "instance/local-disk-types", "knows no local disks of later families",
        answer("DescribeInstanceTypes", TYPES, lambda types: [
            {**each, "LocalStorageAmount": 0, "LocalStorageCapacity": 0}
            if each["InstanceTypeFamily"][4:6] in ("i3", "i4", "i5", "d2", "d3") else each for each in types])),
    row("one-local-disk", "instance/local-disk-types", "tells one local disk of all types",
        answer("DescribeInstanceTypes", f"{TYPES}[].LocalStorageAmount", lambda count: min(count, 1))),
    row("instances-without-local-disks", "instance/local-disk-types", "shows no local disks of instances",
        answer(LISTING, f"{INSTANCES}[]", put(LocalStorageAmount=0, LocalStorageCapacity=0))),
    row("stops-later-families-without-charge", "instance/economical-mode-falls-back",
        "stops instances with local disks without charge",
        qualifies_for_no_charge=lambda right, instance: (
            (instance.charge_type == "PostPaid" and instance.kind.local_disks > 0)
            or right.qualifies_for_no_charge(instance))),
    row("stops-subscriptions-without-charge", "instance/economical-mode-falls-back", "stops all without charge",
        qualifies_for_no_charge=always(True)),
    row("refuses-economical-mode", "instance/economical-mode-falls-back", "refuses what cannot be without charge",
        refuse("StopInstance", "InvalidInstanceId.NotSupport",
               lambda given: given.get("StoppedMode") == "StopCharging")),
    row("deletes-the-first", "instance/delete-batch", "deletes the first of several",
        request(DELETES, at("InstanceId", lambda ids: ids[:1]))),
    row("deletes-what-it-can", "instance/delete-batch", "deletes what it can",
        after_refusal(DELETES, "InvalidOperation.DeletionProtection", delete_the_first)),
    *(row(f"batch-deletes-in-spite-of-{code.lower()}", "instance/delete-batch", f"never answers {code}",
          swallow(DELETES, code))
      for code in ("InvalidInstanceId.NotFound", "InvalidOperation.DeletionProtection", "IncorrectInstanceStatus",
                   "ChargeTypeViolation", "MissingParameter")),
    *(row(f"batch-deletes-without-{name.lower()}", "instance/delete-batch", f"ignores {name}",
          request(DELETES, drop(name))) for name in ("Force", "TerminateSubscription")),
    row("batch-deletes-101", "instance/delete-batch", "looks at no more than 100 instances",
        request(DELETES, at("InstanceId", lambda ids: ids[:100]))),
    *(row(f"created-{key.lower()}", "instance/describe-by-creation", f"ignores {key}",
          request(LISTING, without_key(key)))
      for key in ("CreationStartTime", "CreationEndTime")),
    row("spot-is-never-released", "instance/auto-release-spot", "sets no time for the release of spot instances",
        accept("ModifyInstanceAutoReleaseTime")),
    row("spot-releases-are-never-called-off", "instance/auto-release-spot", "cancels no release",
        refuse("ModifyInstanceAutoReleaseTime", "InvalidAutoReleaseTime.Malformed",
               lambda given: not given.get("AutoReleaseTime"))),
    row("names-at-once", "instance/host-name-after-reboot", "restarts what is named anew",
        after(MODIFY, restart_the_named)),
    row("names-never", "instance/host-name-after-reboot", "changes no host name of a system",
        request(MODIFY, drop("HostName"))),
    row("shows-the-old-host-name", "instance/host-name-after-reboot", "shows a new host name as it was",
        answer(LISTING, f"{INSTANCES}[].HostName", read_as({"after": "before"}))),
)  # fmt: skip
