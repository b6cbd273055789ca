"""Wrong regions of the chapter on deployment sets: joining a set, moving between sets, leaving one."""

from __future__ import annotations

import json
from typing import Final

from faultzone.backends import Backend
from faultzone.mutations.library import Answer, Next, Parameters, after, drop, instead, request, swallow
from faultzone.mutations.row import always, row
from faultzone.mutations.wrapper import Wrapper

MODIFY: Final = "ModifyInstanceDeployment"


def start_by_force(on: Next, given: Parameters, joined: Answer) -> None:
    """Start what has joined by force, if it is stopped."""
    asked = {"InstanceId": given["InstanceId"]}
    forced = str(given.get("Force")).lower() == "true"
    if forced and on.ask("DescribeInstanceAttribute", asked)["Status"] == "Stopped":
        on.ask("StartInstance", asked)


def only_region(given: Parameters) -> Answer:
    """The region alone, of all parameters."""
    return {"RegionId": given["RegionId"]}


class StaysInBothSets(Wrapper):
    """Lists what has left a set with its members."""

    def __init__(self, inner: Backend) -> None:
        super().__init__(inner)
        self._left: list[tuple[str, str]] = []

    def called(self, action: str, parameters: Parameters, account: str | None) -> Answer:
        if action != MODIFY:
            return super().called(action, parameters, account)
        asked = {"RegionId": parameters["RegionId"], "InstanceIds": json.dumps([parameters["InstanceId"]])}
        before = self.inner.call("DescribeInstances", asked, account=account)["Instances"]["Instance"]
        answer = super().called(action, parameters, account)
        self._left += [(each["DeploymentSetId"], each["InstanceId"]) for each in before]
        return answer

    def answer(self, action: str, parameters: Parameters, answer: Answer) -> Answer:
        if action == "DescribeDeploymentSets":
            for each in answer["DeploymentSets"]["DeploymentSet"]:
                members = each["InstanceIds"]["InstanceId"]
                members += [one for group, one in self._left if group == each["DeploymentSetId"] and one not in members]
        return answer


REGIONS: Final = (
    row("an-eighth-joins", "deployment-set/modify-instance-full", "lets an eighth instance join",
        values={"deployment_set.zone_limit": 8}),
    row("joins-while-pending", "deployment-set/modify-instance-state", "takes in what is being made",
        values={"deployment_set.modify_from": ["Running", "Stopped", "Pending"]}),
    row("joins-while-stopping", "deployment-set/modify-instance-state", "takes in what stops",
        values={"deployment_set.modify_from": ["Running", "Stopped", "Stopping"]}),
    row("joins-while-starting", "deployment-set/modify-instance-state", "takes in what starts",
        values={"deployment_set.modify_from": ["Running", "Stopped", "Starting"]}),
    row("joins-running-only", "deployment-set/modify-instance-state", "refuses what is stopped",
        values={"deployment_set.modify_from": ["Running"]}),
    row("full-set-seems-joined", "deployment-set/modify-instance-full",
        "answers joining a full set with success", swallow(MODIFY, "DeploymentSet.InstanceLimitExceeded")),
    row("joins-nothing", "deployment-set/modify-instance-unknown-set",
        "answers joining an unknown set with success", swallow(MODIFY, "DeploymentSet.InvalidId")),
    row("nobody-joins", "deployment-set/modify-instance-unknown-set",
        "answers joining of an unknown instance with success", swallow(MODIFY, "InvalidInstanceId.NotFound")),
    row("leaves-nothing", "deployment-set/remove-instance", "answers leaving with success and keeps the member",
        request(MODIFY, drop("RemoveFromDeploymentSet"))),
    row("strangers-leave", "deployment-set/remove-instance",
        "answers with success that an instance leaves a set which it is not in", swallow(MODIFY, "InvalidParameter")),
    row("stays-in-both-sets", "deployment-set/modify-instance",
        "leaves an instance that has moved in the list of its old set", wrap=StaysInBothSets),
    row("joining-seems-done", "deployment-set/modify-instance", "answers joining with success and does nothing",
        instead(MODIFY, "DescribeInstances", only_region)),
    row("moves-without-force", "deployment-set/modify-instance-keeps-host",
        "moves an instance although Force is not given", host_may_change=always(True)),
    row("ignores-force", "deployment-set/modify-instance-force", "never moves an instance that joins",
        host_may_change=always(False)),
    row("force-starts", "deployment-set/modify-instance-force",
        "starts what is stopped without charge when it joins by force", after(MODIFY, start_by_force)),
)  # fmt: skip
