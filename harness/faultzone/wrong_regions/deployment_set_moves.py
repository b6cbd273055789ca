"""Wrong regions of the chapter on deployment sets: joining a set, moving between sets, leaving one."""

from __future__ import annotations

import json

from faultzone.backends import Backend
from faultzone.model.rules import Rules
from faultzone.wrong_regions import Answer, Parameters, Wrapper, declare, wrong
from faultzone.wrong_regions.wrappers import ignores, swallows

for _name, _clause, _says, _key, _value in (
    ("an-eighth-joins", "modify-instance-full", "lets an eighth instance join", "zone_limit", 8),
    (
        "joins-while-pending",
        "modify-instance-state",
        "takes in what is being made",
        "modify_from",
        ["Running", "Stopped", "Pending"],
    ),
    (
        "joins-while-stopping",
        "modify-instance-state",
        "takes in what stops",
        "modify_from",
        ["Running", "Stopped", "Stopping"],
    ),
    (
        "joins-while-starting",
        "modify-instance-state",
        "takes in what starts",
        "modify_from",
        ["Running", "Stopped", "Starting"],
    ),
    ("joins-running-only", "modify-instance-state", "refuses what is stopped", "modify_from", ["Running"]),
):
    declare(_name, f"deployment-set/{_clause}", _says, {f"deployment_set.{_key}": _value})

for _name, _clause, _says, _form in (
    (
        "full-set-seems-joined",
        "modify-instance-full",
        "answers joining a full set with success",
        swallows("ModifyInstanceDeployment", "DeploymentSet.InstanceLimitExceeded"),
    ),
    (
        "joins-nothing",
        "modify-instance-unknown-set",
        "answers joining an unknown set with success",
        swallows("ModifyInstanceDeployment", "DeploymentSet.InvalidId"),
    ),
    (
        "nobody-joins",
        "modify-instance-unknown-set",
        "answers joining of an unknown instance with success",
        swallows("ModifyInstanceDeployment", "InvalidInstanceId.NotFound"),
    ),
    (
        "leaves-nothing",
        "remove-instance",
        "answers leaving with success and keeps the member",
        ignores("ModifyInstanceDeployment", "RemoveFromDeploymentSet"),
    ),
    (
        "strangers-leave",
        "remove-instance",
        "answers with success that an instance leaves a set which it is not in",
        swallows("ModifyInstanceDeployment", "InvalidParameter"),
    ),
):
    wrong(_name, f"deployment-set/{_clause}", _says)(_form)


@wrong(
    "stays-in-both-sets",
    "deployment-set/modify-instance",
    "leaves an instance that has moved in the list of its old set",
)
class StaysInBothSets(Wrapper):
    """Joining one set is not leaving another."""

    def __init__(self, inner: Backend) -> None:
        super().__init__(inner)
        self._left: list[tuple[str, str]] = []

    def call(self, action: str, parameters: Parameters, *, account: str | None = None) -> Answer:
        """Remember which set an instance was in."""
        if action != "ModifyInstanceDeployment":
            return super().call(action, parameters, account=account)
        asked = {"RegionId": parameters["RegionId"], "InstanceIds": json.dumps([parameters["InstanceId"]])}
        before = self.inner.call("DescribeInstances", asked, account=account)["Instances"]["Instance"]
        answer = super().call(action, parameters, account=account)
        self._left += [(each["DeploymentSetId"], each["InstanceId"]) for each in before]
        return answer

    def answer(self, action: str, parameters: Parameters, answer: Answer) -> Answer:
        """With those that have left."""
        if action == "DescribeDeploymentSets":
            for each in answer["DeploymentSets"]["DeploymentSet"]:
                members = each["InstanceIds"]["InstanceId"]
                members += [one for group, one in self._left if group == each["DeploymentSetId"] and one not in members]
        return answer


@wrong("joining-seems-done", "deployment-set/modify-instance", "answers joining with success and does nothing")
class JoiningSeemsDone(Wrapper):
    """It is asynchronous, and never happens."""

    def call(self, action: str, parameters: Parameters, *, account: str | None = None) -> Answer:
        """Look up instances in place of the call."""
        if action == "ModifyInstanceDeployment":
            action, parameters = "DescribeInstances", {"RegionId": parameters["RegionId"]}
        return super().call(action, parameters, account=account)


@wrong(
    "moves-without-force", "deployment-set/modify-instance-keeps-host", "moves an instance although Force is not given"
)
class MovesWithoutForce(Rules):
    """Whatever it takes."""

    def host_may_change(self, force: bool) -> bool:
        """Always."""
        return True


@wrong("ignores-force", "deployment-set/modify-instance-force", "never moves an instance that joins")
class IgnoresForce(Rules):
    """The host stays, or the request is refused."""

    def host_may_change(self, force: bool) -> bool:
        """Never."""
        return False


@wrong(
    "force-starts",
    "deployment-set/modify-instance-force",
    "starts what is stopped without charge when it joins by force",
)
class ForceStarts(Wrapper):
    """Who joins has a host."""

    def answer(self, action: str, parameters: Parameters, answer: Answer) -> Answer:
        """Start it, if it is stopped."""
        if action == "ModifyInstanceDeployment" and str(parameters.get("Force")).lower() == "true":
            asked = {"InstanceId": parameters["InstanceId"]}
            if self.ask("DescribeInstanceAttribute", asked)["Status"] == "Stopped":
                self.ask("StartInstance", asked)
        return answer
