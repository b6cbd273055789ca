"""Wrong regions of the chapter on deployment sets: the sets themselves."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import ClassVar, Final

from faultzone.api.errors import ApiError
from faultzone.backends import Backend
from faultzone.mutations.library import (
    EVERY,
    Answer,
    Next,
    Parameters,
    after,
    answer,
    at,
    becomes,
    counted,
    default,
    drop,
    in_ascii,
    put,
    replaced,
    request,
    swallow,
    where,
)
from faultzone.mutations.regions.places import SETS
from faultzone.mutations.row import always, row
from faultzone.mutations.wrapper import Wrapper


def bill(on: Next, given: Parameters, answer: Answer) -> None:
    """Bill a yuan."""
    on.control("inject", {"fault": {"fault": "AccountArrears", "amount": "1"}})


def first_hundred(ids: object) -> object:
    """The first hundred ids of a list in JSON."""
    return json.dumps(json.loads(ids)[:100]) if isinstance(ids, str) else ids


class IdsComeBack(Wrapper):
    """Gives the id that has become free last to the next set."""

    def __init__(self, inner: Backend) -> None:
        super().__init__(inner)
        self._free: list[object] = []

    def answer(self, action: str, parameters: Parameters, answer: Answer) -> Answer:
        if action == "DeleteDeploymentSet":
            self._free.append(parameters["DeploymentSetId"])
        elif action == "CreateDeploymentSet" and self._free:
            answer["DeploymentSetId"] = self._free.pop()
        return answer


class DeletedSetsCount(Wrapper):
    """Refuses a third set, whatever was deleted."""

    counts: ClassVar[Mapping[str, int]] = {"CreateDeploymentSet": 1}
    sets = 0

    def called(self, action: str, parameters: Parameters, account: str | None) -> Answer:
        if action == "CreateDeploymentSet" and self.sets >= 2:
            raise ApiError("DEPLOYMENTSET.QUOTA_FULL")
        answer = super().called(action, parameters, account)
        self.sets += self.counts.get(action, 0)
        return answer


class TwoSetsForAll(DeletedSetsCount):
    """Refuses a third set, whatever the account and the region."""

    counts: ClassVar[Mapping[str, int]] = {"CreateDeploymentSet": 1, "DeleteDeploymentSet": -1}


class MergesSets(Wrapper):
    """Has an action that moves every member of one set into another."""

    def called(self, action: str, parameters: Parameters, account: str | None) -> Answer:
        if not action.startswith("MergeDeploymentSet"):
            return super().called(action, parameters, account)
        region = {"RegionId": parameters["RegionId"]}
        source = json.dumps([parameters["SourceDeploymentSetId"]])
        found = self.inner.call("DescribeDeploymentSets", {**region, "DeploymentSetIds": source}, account=account)
        for member in found["DeploymentSets"]["DeploymentSet"][0]["InstanceIds"]["InstanceId"]:
            move = {**region, "InstanceId": member, "DeploymentSetId": parameters["DeploymentSetId"], "Force": True}
            self.inner.call("ModifyInstanceDeployment", move, account=account)
        return {"RequestId": found["RequestId"]}


class DeletesAnother(Wrapper):
    """Deletes any set where the id is unknown."""

    def called(self, action: str, parameters: Parameters, account: str | None) -> Answer:
        try:
            return super().called(action, parameters, account)
        except ApiError as refusal:
            if action != "DeleteDeploymentSet" or refusal.code != "InvalidDeploymentSetId.NotFound":
                raise
            listed = self.inner.call("DescribeDeploymentSets", {"RegionId": parameters["RegionId"]}, account=account)
            other = listed["DeploymentSets"]["DeploymentSet"][0]["DeploymentSetId"]
            return super().called(action, {**parameters, "DeploymentSetId": other}, account)


CREATE: Final = "CreateDeploymentSet"
DESCRIBE: Final = "DescribeDeploymentSets"
MODIFY: Final = "ModifyDeploymentSetAttribute"
DELETE: Final = "DeleteDeploymentSet"

REGIONS: Final = (
    row("spreads-loosely", "deployment-set/strategy", "makes sets of another strategy",
        values={"deployment_set.strategies": ["Loose"]}),
    row("set-names-of-129", "deployment-set/name-rule", "takes a name of 129 characters",
        values={"deployment_set.name_length": [2, 129]}),
    row("set-names-of-127", "deployment-set/name-rule", "refuses a name of 128 characters",
        values={"deployment_set.name_length": [2, 127]}),
    row("set-names-of-one", "deployment-set/name-rule", "takes a name of one character",
        values={"deployment_set.name_length": [1, 128]}),
    row("set-descriptions-of-257", "deployment-set/description-rule", "takes 257 characters",
        values={"deployment_set.description_length": [2, 257]}),
    row("set-descriptions-of-one", "deployment-set/description-rule", "takes one character",
        values={"deployment_set.description_length": [1, 256]}),
    row("three-sets", "deployment-set/sets-per-region", "lets an account have three sets in a region",
        values={"deployment_set.sets_per_region": 3}),
    row("one-set", "deployment-set/sets-per-region", "lets an account have one set in a region",
        values={"deployment_set.sets_per_region": 1}),
    row("forgets-descriptions", "deployment-set/strategy", "drops the description of a new set",
        request(CREATE, drop("Description"))),
    row("any-set-strategy", "deployment-set/strategy-parameter", "takes any strategy",
        request(CREATE, drop("Strategy", "DeploymentStrategy"))),
    row("any-set-domain", "deployment-set/retired-parameters", "takes any domain and granularity",
        request(CREATE, drop("Domain", "Granularity"))),
    row("renames-nothing", "deployment-set/modify-attributes", "answers a new name with success and keeps the old",
        request(MODIFY, drop("DeploymentSetName"))),
    row("takes-bad-changes", "deployment-set/modify-attributes", "answers a malformed change with success",
        swallow(MODIFY, "InvalidDescription.Malformed")),
    row("takes-bad-names", "deployment-set/rename-as-created", "answers a malformed new name with success",
        swallow(MODIFY, "InvalidDeploymentSetName.Malformed")),
    row("renames-that-begin-anyhow", "deployment-set/rename-as-created",
        "takes any character at the beginning of a new name", values={"deployment_set.renames_freely": True}),
    row("plural-changes-nothing", "deployment-set/modify-attributes-name",
        "knows the plural and ignores what it says",
        request("ModifyDeploymentSetAttributes", drop("DeploymentSetName", "Description"))),
    row("changes-nowhere", "deployment-set/modify-unknown-set",
        "answers the change of an unknown set with success", swallow(MODIFY, "InvalidDeploymentSetId.NotFound")),
    row("lists-other-ids", "deployment-set/describe", "ignores the filter by id",
        request(DESCRIBE, drop("DeploymentSetIds"))),
    row("lists-names-in-ascii", "deployment-set/describe", "keeps the names of sets in ASCII",
        answer("DescribeDeploymentSets", "DeploymentSets.DeploymentSet[].DeploymentSetName", in_ascii())),
    row("lists-other-names", "deployment-set/describe", "ignores the filter by name",
        request(DESCRIBE, drop("DeploymentSetName"))),
    row("one-page-for-all", "deployment-set/describe-paging", "answers every page with the first",
        request(DESCRIBE, drop("PageNumber"))),
    row("full-set-seems-deleted", "deployment-set/delete-empty-only",
        "answers the deletion of a set with instances with success", swallow(DELETE, "DependencyViolation.NotEmpty")),
    row("deletes-nobody-in-particular", "deployment-set/delete-unknown", "does not ask which set to delete",
        swallow(DELETE, "MissingParameter")),
    row("set-names-with-slashes", "deployment-set/name-rule", "takes slashes in the name of a set",
        set_name_is_valid=lambda right, name: right.set_name_is_valid(
            name if "//" in name else name.replace("/", "-"))),
    row("set-names-that-begin-anyhow", "deployment-set/name-rule", "takes any character at the beginning of a name",
        set_name_is_valid=lambda right, name: right.set_name_is_valid(f"a{name[1:]}")),
    row("set-descriptions-that-link", "deployment-set/description-rule", "takes a link as description",
        description_is_valid=lambda right, text, length: length[0] <= len(text) <= length[1]),
    row("region-by-default", "deployment-set/create-needs-region", "makes a set where no region is named",
        request(CREATE, where(lambda given: not given.get("RegionId"), put(RegionId="cn-hangzhou")))),
    row("ids-without-prefix", "deployment-set/id-form", "gives ids that begin otherwise",
        request(EVERY, at("DeploymentSetId", str, replaced("dps-", "ds-"))),
        answer(CREATE, "DeploymentSetId", replaced("ds-", "dps-"))),
    row("ids-come-back", "deployment-set/id-form", "gives the id of a deleted set to the next", wrap=IdsComeBack),
    row("two-sets-for-all", "deployment-set/sets-per-region",
        "counts the sets of all accounts and regions together", wrap=TwoSetsForAll),
    row("deleted-sets-count", "deployment-set/sets-per-region", "lets a deleted set count toward the quota",
        wrap=DeletedSetsCount),
    row("sets-cost", "deployment-set/free", "charges a yuan for a set",
        after(CREATE, bill)),
    row("merges-sets", "deployment-set/no-merge", "merges one set into another", wrap=MergesSets),
    row("lists-of-nowhere", "deployment-set/describe", "does not tell which region the sets are of",
        answer(DESCRIBE, "", put(RegionId=""))),
    row("hides-members", "deployment-set/describe", "lists sets without their members",
        answer(DESCRIBE, f"{SETS}[]", put(InstanceIds={"InstanceId": []}))),
    row("pages-of-ninety-nine", "deployment-set/page-size-100", "gives pages of 99 at most",
        request(DESCRIBE, at("PageSize", lambda size: min(int(size), 99)))),
    row("pages-of-a-hundred-and-one", "deployment-set/page-size-100", "gives pages of 101",
        answer(DESCRIBE, "PageSize", becomes(101), when=lambda given: str(given.get("PageSize")) == "101"),
        request(DESCRIBE, at("PageSize", lambda size: min(int(size), 100)))),
    row("totals-of-a-page", "deployment-set/describe-paging", "counts the sets of the page for the total",
        answer(DESCRIBE, "", counted("TotalCount", SETS))),
    row("pages-of-fifty", "deployment-set/describe-paging", "gives pages of fifty where the call does not say",
        request(DESCRIBE, default(PageSize=50))),
    row("cuts-lists-of-ids", "deployment-set/describe-ids-limit", "looks at the first hundred of more ids",
        request(DESCRIBE, at("DeploymentSetIds", first_hundred))),
    row("deletes-with-members", "deployment-set/delete-empty-only", "deletes a set that has instances",
        set_is_deletable=always(True)),
    row("deletes-another", "deployment-set/delete-unknown", "deletes some set where the id is unknown",
        wrap=DeletesAnother),
)  # fmt: skip
