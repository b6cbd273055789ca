"""Wrong regions of the chapter on instances: their life, their stops, and what they are."""

from __future__ import annotations

from typing import Final

from faultzone.mutations.library import (
    EVERY,
    Answer,
    Mutation,
    Parameters,
    answer,
    at,
    once_called,
    put,
    read_as,
    refused_as,
    request,
    swallow,
)
from faultzone.mutations.regions.places import INSTANCES
from faultzone.mutations.row import always, row
from faultzone.mutations.wrapper import Wrapper


def allowed(action: str, state: str) -> dict[str, dict[str, list[str]]]:
    """The values by which an action is allowed in a state besides its own."""
    states = {"StartInstance": ["Stopped"], "StopInstance": ["Running"], "RebootInstance": ["Running"]}
    states["DeleteInstance"] = ["Stopped"]
    return {"instance.allowed_from": {**states, action: [*states[action], state]}}


def shows(old: str, new: str) -> Mutation:
    """Shows another state of an instance in the place of one."""
    return answer("DescribeInstances", f"{INSTANCES}[].Status", read_as({old: new}))


class RebootMoves(Wrapper):
    """Moves an instance once it runs after a reboot."""

    def called(self, action: str, parameters: Parameters, account: str | None) -> Answer:
        answer = super().called(action, parameters, account)
        if action == "RebootInstance":
            self.rebooted = parameters["InstanceId"]
        elif action == "DescribeInstances" and "Running" in str(answer) and vars(self).pop("rebooted", None):
            shown = answer["Instances"]["Instance"][0]
            self.inner.control("migrate", {"instance": shown["InstanceId"]})
        return answer


NO_INSTANCE: Final = "InvalidInstanceId.NotFound"

REGIONS: Final = (
    row("reboots-what-is-stopped", "instance/life-cycle", "lets a stopped instance be rebooted",
        values=allowed("RebootInstance", "Stopped")),
    row("starts-what-runs", "instance/start", "lets a running instance be started",
        values=allowed("StartInstance", "Running")),
    row("stops-what-starts", "instance/stop", "lets an instance be stopped while it starts",
        values=allowed("StopInstance", "Starting")),
    row("reboots-what-stops", "instance/reboot", "lets an instance be rebooted while it stops",
        values=allowed("RebootInstance", "Stopping")),
    row("deletes-what-runs", "instance/delete", "releases a running instance without Force",
        values=allowed("DeleteInstance", "Running")),
    row("confirms-nothing", "instance/confirm-stop", "stops i1 without ConfirmStop",
        values={"instance.confirm_stop": []}),
    row("confirms-all", "instance/confirm-stop", "wants ConfirmStop of another family",
        values={"instance.confirm_stop": ["ecs.i1", "ecs.g5"]}),
    row("public-ip-outlives-no-charge", "instance/stop-no-charge", "keeps the public IP across a stop without charge",
        values={"instance.keeps_public_ip": ["KeepCharging", "StopCharging", "Not-applicable"]}),
    row("public-ip-lost-with-charge", "instance/stop-keep-charging",
        "drops the public IP at every stop of a pay-as-you-go instance",
        values={"instance.keeps_public_ip": ["Not-applicable"]}),
    row("public-ip-lost-at-a-stop", "instance/identity", "drops the public IP at every stop",
        values={"instance.keeps_public_ip": []}),

    # Requests and refusals
    row("force-stop-is-gentle", "instance/force-stop", "shuts down in order in spite of ForceStop",
        request("StopInstance", put(ForceStop=False))),
    row("every-stop-is-forced", "instance/force-stop", "cuts the power at every stop",
        request("StopInstance", put(ForceStop=True))),
    row("every-reboot-is-forced", "instance/force-stop", "cuts the power at every reboot",
        request("RebootInstance", put(ForceStop=True))),
    row("force-delete-is-not", "instance/delete-force", "ignores Force of DeleteInstance",
        request("DeleteInstance", put(Force=False))),
    row("unknown-passes-start", "instance/unknown-instance", "answers StartInstance of what does not exist",
        swallow("StartInstance", NO_INSTANCE)),
    row("unknown-passes-stop", "instance/unknown-instance", "answers StopInstance of what does not exist",
        swallow("StopInstance", NO_INSTANCE)),
    row("unknown-passes-reboot", "instance/unknown-instance", "answers RebootInstance of what does not exist",
        swallow("RebootInstance", NO_INSTANCE)),
    row("unknown-passes-delete", "instance/unknown-instance", "answers DeleteInstance of what does not exist",
        swallow("DeleteInstance", NO_INSTANCE)),
    row("start-without-stock-hangs", "instance/start-no-stock", "answers a start that there is no supply for",
        swallow("StartInstance", "OperationDenied.NoStock")),

    # The life cycle
    row("created-instances-start", "instance/create-ends-stopped", "starts what CreateInstance makes",
        starts_what_it_makes=always(True)),
    row("run-instances-rest", "instance/run-starts", "leaves what RunInstances makes Stopped",
        starts_what_it_makes=always(False)),
    row("never-starting", "instance/start", "is Running at once", shows("Starting", "Running")),
    row("never-pending", "instance/life-cycle", "has no state Pending", shows("Pending", "Starting")),
    row("never-stopping", "instance/stop", "is Stopped at once", shows("Stopping", "Stopped")),
    row("reboot-moves", "instance/reboot", "reboots on another host", wrap=RebootMoves),
    row("deleted-stays", "instance/delete", "answers DeleteInstance and keeps the instance",
        swallow("DeleteInstance", "DryRunOperation"), request("DeleteInstance", put(DryRun=True))),
    row("subscriptions-are-deletable", "instance/delete-subscription", "deletes a subscription before it expires",
        subscription_is_deletable=lambda right, expired, asked: asked),
    row("expired-is-deletable-unasked", "instance/delete-subscription", "needs no TerminateSubscription",
        subscription_is_deletable=lambda right, expired, asked: expired),
    row("subscriptions-stay", "instance/delete-subscription", "never deletes a subscription",
        subscription_is_deletable=always(False)),
    row("unknown-is-400", "instance/unknown-instance", "gives what does not exist the status 400",
        refused_as(EVERY, status=400, only=lambda right: right.status == 404)),

    # Stops
    row("compute-kept-without-charge", "instance/stop-no-charge", "keeps vCPUs and memory of what is not charged",
        releases_compute=always(False)),
    row("compute-lost-with-charge", "instance/stop-keep-charging", "gives away the place of what is charged",
        releases_compute=always(True)),
    row("everything-stops-without-charge", "instance/stop-no-charge-excluded", "excludes nothing from free stops",
        qualifies_for_no_charge=always(True)),
    row("classic-stops-without-charge", "instance/stop-no-charge-excluded", "excludes all but the classic network",
        qualifies_for_no_charge=lambda right, instance: (
            not instance.in_vpc or right.qualifies_for_no_charge(instance))),
    row("i2-stops-without-charge", "instance/stop-no-charge-excluded", "excludes all families but the last",
        qualifies_for_no_charge=lambda right, instance: (
            instance.kind.family == "ecs.i2" or right.qualifies_for_no_charge(instance))),
    row("switch-is-ignored", "instance/stop-charging-default", "ignores the switch of the account",
        stops_without_charge=lambda right, instance, asked, by_default: (
            right.stops_without_charge(instance, asked, False))),
    row("switch-prevails", "instance/stop-charging-default",
        "lets the switch prevail over KeepCharging in the call",
        stops_without_charge=lambda right, instance, asked, by_default: (
            right.stops_without_charge(instance, None if by_default else asked, by_default))),
    row("no-charge-is-the-default", "instance/stop-charging-default", "stops without charge unless told otherwise",
        stops_without_charge=lambda right, instance, asked, by_default: (
            right.stops_without_charge(instance, asked, True))),
    row("guest-shutdown-is-free", "instance/guest-shutdown-keeps-charging",
        "lets the switch reach a guest's shutdown",
        mode_of_guest_shutdown=lambda right, instance, by_default: "StopCharging" if by_default else "KeepCharging"),

    # Identity and user data
    row("private-ip-changes-at-start", "instance/identity", "gives an instance another private IP at each start",
        once_called("StartInstance", "InstanceId", "DescribeInstances", f"{INSTANCES}[]",
                    at("VpcAttributes.PrivateIpAddress", put(IpAddress=["10.255.0.1"])))),
    row("host-name-is-reset", "instance/identity", "resets the host name at a reboot",
        once_called("RebootInstance", "InstanceId", "DescribeInstances", f"{INSTANCES}[]", put(HostName="localhost"))),
    row("migration-shows", "instance/identity", "gives a migrated instance another network card",
        once_called("migrate", "instance", "DescribeInstances", f"{INSTANCES}[]",
                    at("NetworkInterfaces.NetworkInterface[]", put(MacAddress="00:16:00:00:00:00")))),
    row("user-data-runs-once", "instance/user-data", "runs the start-up program at the first boot alone",
        new_boot_runs_user_data=always(False)),
    row("user-data-changes-live", "instance/user-data-stopped-only", "changes the user data of a running instance",
        user_data_may_change=always(True)),
    row("user-data-is-fixed", "instance/user-data-stopped-only", "never changes user data",
        user_data_may_change=always(False)),
)  # fmt: skip
