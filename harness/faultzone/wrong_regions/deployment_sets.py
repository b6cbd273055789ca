"""Wrong regions of the chapter on deployment sets: the sets themselves."""

from __future__ import annotations

import json
from typing import Any

from faultzone.backends import Backend
from faultzone.ecs.errors import ApiError
from faultzone.model.core.state import DeploymentSet
from faultzone.model.rules import Rules
from faultzone.wrong_regions import Answer, Parameters, Wrapper, declare, wrong
from faultzone.wrong_regions.wrappers import ignores, swallows

for _name, _clause, _says, _key, _value in (
    ("spreads-loosely", "strategy", "makes sets of another strategy", "strategies", ["Loose"]),
    ("set-names-of-129", "name-rule", "takes a name of 129 characters", "name_length", [2, 129]),
    ("set-names-of-127", "name-rule", "refuses a name of 128 characters", "name_length", [2, 127]),
    ("set-names-of-one", "name-rule", "takes a name of one character", "name_length", [1, 128]),
    ("set-descriptions-of-257", "description-rule", "takes 257 characters", "description_length", [2, 257]),
    ("set-descriptions-of-one", "description-rule", "takes one character", "description_length", [1, 256]),
    ("three-sets", "sets-per-region", "lets an account have three sets in a region", "sets_per_region", 3),
    ("one-set", "sets-per-region", "lets an account have one set in a region", "sets_per_region", 1),
):
    declare(_name, f"deployment-set/{_clause}", _says, {f"deployment_set.{_key}": _value})

for _name, _clause, _says, _form in (
    (
        "forgets-descriptions",
        "strategy",
        "drops the description of a new set",
        ignores("CreateDeploymentSet", "Description"),
    ),
    (
        "any-set-strategy",
        "strategy-parameter",
        "takes any strategy",
        ignores("CreateDeploymentSet", "Strategy", "DeploymentStrategy"),
    ),
    (
        "any-set-domain",
        "retired-parameters",
        "takes any domain and granularity",
        ignores("CreateDeploymentSet", "Domain", "Granularity"),
    ),
    (
        "renames-nothing",
        "modify-attributes",
        "answers a new name with success and keeps the old",
        ignores("ModifyDeploymentSetAttribute", "DeploymentSetName"),
    ),
    (
        "takes-bad-changes",
        "modify-attributes",
        "answers a malformed change with success",
        swallows("ModifyDeploymentSetAttribute", "InvalidDeploymentSetName.Malformed", "InvalidDescription.Malformed"),
    ),
    (
        "plural-changes-nothing",
        "modify-attributes-name",
        "knows the plural and ignores what it says",
        ignores("ModifyDeploymentSetAttributes", "DeploymentSetName", "Description"),
    ),
    (
        "changes-nowhere",
        "modify-unknown-set",
        "answers the change of an unknown set with success",
        swallows("ModifyDeploymentSetAttribute", "InvalidDeploymentSetId.NotFound"),
    ),
    ("lists-other-ids", "describe", "ignores the filter by id", ignores("DescribeDeploymentSets", "DeploymentSetIds")),
    (
        "lists-other-names",
        "describe",
        "ignores the filter by name",
        ignores("DescribeDeploymentSets", "DeploymentSetName"),
    ),
    (
        "one-page-for-all",
        "describe-paging",
        "answers every page with the first",
        ignores("DescribeDeploymentSets", "PageNumber"),
    ),
    (
        "full-set-seems-deleted",
        "delete-empty-only",
        "answers the deletion of a set with instances with success",
        swallows("DeleteDeploymentSet", "DependencyViolation.NotEmpty"),
    ),
    (
        "deletes-nobody-in-particular",
        "delete-unknown",
        "does not ask which set to delete",
        swallows("DeleteDeploymentSet", "MissingParameter"),
    ),
):
    wrong(_name, f"deployment-set/{_clause}", _says)(_form)


@wrong("set-names-with-slashes", "deployment-set/name-rule", "takes slashes in the name of a set")
class NamesWithSlashes(Rules):
    """Sets are named like paths."""

    def set_name_is_valid(self, name: str) -> bool:
        """A slash is a character like others, but in a link."""
        return super().set_name_is_valid(name if "//" in name else name.replace("/", "-"))


@wrong("set-names-that-begin-anyhow", "deployment-set/name-rule", "takes any character at the beginning of a name")
class NamesThatBeginAnyhow(Rules):
    """The first character is not looked at."""

    def set_name_is_valid(self, name: str) -> bool:
        """From the second on."""
        return super().set_name_is_valid(f"a{name[1:]}")


@wrong("set-descriptions-that-link", "deployment-set/description-rule", "takes a link as description")
class DescriptionsThatLink(Rules):
    """Length alone counts."""

    def description_is_valid(self, text: str, length: Any) -> bool:
        """Any text of this length."""
        return bool(length[0] <= len(text) <= length[1])


@wrong("region-by-default", "deployment-set/create-needs-region", "makes a set where no region is named")
class RegionByDefault(Wrapper):
    """The region of the endpoint answers."""

    def call(self, action: str, parameters: Parameters, *, account: str | None = None) -> Answer:
        """With a region, if need be that of the endpoint."""
        if action == "CreateDeploymentSet" and not parameters.get("RegionId"):
            parameters = {**parameters, "RegionId": "cn-hangzhou"}
        return super().call(action, parameters, account=account)


@wrong("ids-without-prefix", "deployment-set/id-form", "gives ids that begin otherwise")
class IdsWithoutPrefix(Wrapper):
    """Ids begin with dps-."""

    def call(self, action: str, parameters: Parameters, *, account: str | None = None) -> Answer:
        """One prefix outside, another inside."""
        if "DeploymentSetId" in parameters:
            parameters = {**parameters, "DeploymentSetId": str(parameters["DeploymentSetId"]).replace("dps-", "ds-")}
        return super().call(action, parameters, account=account)

    def answer(self, action: str, parameters: Parameters, answer: Answer) -> Answer:
        """The id of a new set, spoilt."""
        if action == "CreateDeploymentSet":
            answer["DeploymentSetId"] = answer["DeploymentSetId"].replace("ds-", "dps-")
        return answer


@wrong("ids-come-back", "deployment-set/id-form", "gives the id of a deleted set to the next")
class IdsComeBack(Wrapper):
    """Ids are numbers of places in a table."""

    def __init__(self, inner: Backend) -> None:
        super().__init__(inner)
        self._free: list[object] = []

    def answer(self, action: str, parameters: Parameters, answer: Answer) -> Answer:
        """The latest id that has become free, if any."""
        if action == "DeleteDeploymentSet":
            self._free.append(parameters["DeploymentSetId"])
        elif action == "CreateDeploymentSet" and self._free:
            answer["DeploymentSetId"] = self._free.pop()
        return answer


class _Counts(Wrapper):
    """Counts sets otherwise than for each account and region."""

    def __init__(self, inner: Backend) -> None:
        super().__init__(inner)
        self.sets = 0

    def call(self, action: str, parameters: Parameters, *, account: str | None = None) -> Answer:
        """Refuse a set once two are counted."""
        if action == "CreateDeploymentSet" and self.sets >= 2:
            raise ApiError("DEPLOYMENTSET.QUOTA_FULL")
        return super().call(action, parameters, account=account)


@wrong("two-sets-for-all", "deployment-set/sets-per-region", "counts the sets of all accounts and regions together")
class TwoSetsForAll(_Counts):
    """One quota for the cloud."""

    def answer(self, action: str, parameters: Parameters, answer: Answer) -> Answer:
        """Count sets that are made and deleted."""
        self.sets += {"CreateDeploymentSet": 1, "DeleteDeploymentSet": -1}.get(action, 0)
        return answer


@wrong("deleted-sets-count", "deployment-set/sets-per-region", "lets a deleted set count toward the quota")
class DeletedSetsCount(_Counts):
    """What has been used up stays used up."""

    def answer(self, action: str, parameters: Parameters, answer: Answer) -> Answer:
        """Count sets that are made."""
        self.sets += action == "CreateDeploymentSet"
        return answer


@wrong("sets-cost", "deployment-set/free", "charges a yuan for a set")
class SetsCost(Wrapper):
    """A set is a service like others."""

    def answer(self, action: str, parameters: Parameters, answer: Answer) -> Answer:
        """Bill a new set."""
        if action == "CreateDeploymentSet":
            self.inner.control("bill", {"amount": "1"})
        return answer


@wrong("merges-sets", "deployment-set/no-merge", "merges one set into another")
class MergesSets(Wrapper):
    """There is an action for it."""

    def call(self, action: str, parameters: Parameters, *, account: str | None = None) -> Answer:
        """Move every member of the source."""
        if not action.startswith("MergeDeploymentSet"):
            return super().call(action, parameters, account=account)
        where = {"RegionId": parameters["RegionId"]}
        source = json.dumps([parameters["SourceDeploymentSetId"]])
        found = self.inner.call("DescribeDeploymentSets", {**where, "DeploymentSetIds": source}, account=account)
        for member in found["DeploymentSets"]["DeploymentSet"][0]["InstanceIds"]["InstanceId"]:
            move = {**where, "InstanceId": member, "DeploymentSetId": parameters["DeploymentSetId"], "Force": True}
            self.inner.call("ModifyInstanceDeployment", move, account=account)
        return {"RequestId": found["RequestId"]}


class _Listing(Wrapper):
    """Spoils what DescribeDeploymentSets answers."""

    def answer(self, action: str, parameters: Parameters, answer: Answer) -> Answer:
        """The listing, spoilt."""
        if action == "DescribeDeploymentSets":
            self.spoil(answer, answer["DeploymentSets"]["DeploymentSet"])
        return answer

    def spoil(self, answer: Answer, sets: list[dict[str, Any]]) -> None:
        """Change the answer, or the sets in it, in place."""


@wrong("hides-members", "deployment-set/describe", "lists sets without their members")
class HidesMembers(_Listing):
    """Members are somebody else's concern."""

    def spoil(self, answer: Answer, sets: list[dict[str, Any]]) -> None:
        """Nobody is in a set."""
        for each in sets:
            each["InstanceIds"] = {"InstanceId": []}


@wrong("totals-of-a-page", "deployment-set/describe-paging", "counts the sets of the page for the total")
class TotalsOfAPage(_Listing):
    """The total is what is shown."""

    def spoil(self, answer: Answer, sets: list[dict[str, Any]]) -> None:
        """The length of the page."""
        answer["TotalCount"] = len(sets)


@wrong("pages-of-fifty", "deployment-set/describe-paging", "gives pages of fifty where the call does not say")
class PagesOfFifty(Wrapper):
    """The default of other actions."""

    def call(self, action: str, parameters: Parameters, *, account: str | None = None) -> Answer:
        """With a page size in every call."""
        if action == "DescribeDeploymentSets":
            parameters = {"PageSize": 50, **parameters}
        return super().call(action, parameters, account=account)


@wrong("cuts-lists-of-ids", "deployment-set/describe-ids-limit", "looks at the first hundred of more ids")
class CutsListsOfIds(Wrapper):
    """What is too much is left out."""

    def call(self, action: str, parameters: Parameters, *, account: str | None = None) -> Answer:
        """A hundred ids at most."""
        if action == "DescribeDeploymentSets" and isinstance(ids := parameters.get("DeploymentSetIds"), str):
            parameters = {**parameters, "DeploymentSetIds": json.dumps(json.loads(ids)[:100])}
        return super().call(action, parameters, account=account)


@wrong("deletes-with-members", "deployment-set/delete-empty-only", "deletes a set that has instances")
class DeletesWithMembers(Rules):
    """Its members go on without one."""

    def set_is_deletable(self, group: DeploymentSet) -> bool:
        """Always."""
        return True


@wrong("deletes-another", "deployment-set/delete-unknown", "deletes some set where the id is unknown")
class DeletesAnother(Wrapper):
    """An id that matches nothing restricts nothing."""

    def call(self, action: str, parameters: Parameters, *, account: str | None = None) -> Answer:
        """The set of that id, or else any."""
        try:
            return super().call(action, parameters, account=account)
        except ApiError as refusal:
            if action != "DeleteDeploymentSet" or refusal.code != "InvalidDeploymentSetId.NotFound":
                raise
            listed = self.inner.call("DescribeDeploymentSets", {"RegionId": parameters["RegionId"]}, account=account)
            other = listed["DeploymentSets"]["DeploymentSet"][0]["DeploymentSetId"]
            return super().call(action, {**parameters, "DeploymentSetId": other}, account=account)
