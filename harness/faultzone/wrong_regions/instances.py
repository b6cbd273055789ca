"""Wrong regions of the chapter on instances: their life, their stops, and what they are."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from faultzone.backends import Backend
from faultzone.ecs.errors import ApiError
from faultzone.model.core.state import Instance
from faultzone.model.rules import Rules
from faultzone.wrong_regions import Answer, Parameters, Wrapper, declare, wrong
from faultzone.wrong_regions.wrappers import swallows

Rewrite = Callable[[dict[str, Any]], dict[str, Any]]


def asks(name: str, clause: str, says: str, actions: Collection[str], rewrite: Rewrite) -> None:
    """Declare a region that takes a request for another."""

    @wrong(name, f"instance/{clause}", says)
    class _Asks(Wrapper):
        def call(self, action: str, parameters: Parameters, *, account: str | None = None) -> Answer:
            given = rewrite(dict(parameters)) if action in actions else parameters
            return super().call(action, given, account=account)


ALLOWED = {
    "StartInstance": ["Stopped"],
    "StopInstance": ["Running"],
    "RebootInstance": ["Running"],
    "DeleteInstance": ["Stopped"],
}

for _name, _clause, _says, _allowed in (
    ("reboots-what-is-stopped", "life-cycle", "lets a stopped instance be rebooted", {"RebootInstance": "Stopped"}),
    ("starts-what-runs", "start", "lets a running instance be started", {"StartInstance": "Running"}),
    ("stops-what-starts", "stop", "lets an instance be stopped while it starts", {"StopInstance": "Starting"}),
    ("reboots-what-stops", "reboot", "lets an instance be rebooted while it stops", {"RebootInstance": "Stopping"}),
    ("deletes-what-runs", "delete", "releases a running instance without Force", {"DeleteInstance": "Running"}),
):
    _states = {action: [*states, _allowed.get(action, "")] for action, states in ALLOWED.items()}
    declare(_name, f"instance/{_clause}", _says, {"instance.allowed_from": _states})

for _name, _clause, _says, _value, _given in (
    ("confirms-nothing", "confirm-stop", "stops i1 without ConfirmStop", "confirm_stop", []),
    ("confirms-all", "confirm-stop", "wants ConfirmStop of another family", "confirm_stop", ["ecs.i1", "ecs.g5"]),
    (
        "public-ip-outlives-no-charge",
        "stop-no-charge",
        "keeps the public IP across a stop without charge",
        "keeps_public_ip",
        ["KeepCharging", "StopCharging", "Not-applicable"],
    ),
    (
        "public-ip-lost-with-charge",
        "stop-keep-charging",
        "drops the public IP at every stop of a pay-as-you-go instance",
        "keeps_public_ip",
        ["Not-applicable"],
    ),
    ("public-ip-lost-at-a-stop", "identity", "drops the public IP at every stop", "keeps_public_ip", []),
):
    declare(_name, f"instance/{_clause}", _says, {f"instance.{_value}": _given})


# What is asked for in place of what was given, and what is answered in place of a refusal

for _name, _clause, _says, _action, _rewrite in (
    (
        "force-stop-is-gentle",
        "force-stop",
        "shuts down in order in spite of ForceStop",
        "StopInstance",
        lambda given: {**given, "ForceStop": False},
    ),
    (
        "every-stop-is-forced",
        "force-stop",
        "cuts the power at every stop",
        "StopInstance",
        lambda given: {**given, "ForceStop": True},
    ),
    (
        "every-reboot-is-forced",
        "force-stop",
        "cuts the power at every reboot",
        "RebootInstance",
        lambda given: {**given, "ForceStop": True},
    ),
    (
        "force-delete-is-not",
        "delete-force",
        "ignores Force of DeleteInstance",
        "DeleteInstance",
        lambda given: {**given, "Force": False},
    ),
):
    asks(_name, _clause, _says, (_action,), _rewrite)

for _action in ("StartInstance", "StopInstance", "RebootInstance", "DeleteInstance"):
    _says = f"answers {_action} of what does not exist"
    _name = f"unknown-passes-{_action.removesuffix('Instance').lower()}"
    wrong(_name, "instance/unknown-instance", _says)(swallows(_action, "InvalidInstanceId.NotFound"))

wrong("start-without-stock-hangs", "instance/start-no-stock", "answers a start that there is no supply for")(
    swallows("StartInstance", "OperationDenied.NoStock")
)


# The life cycle


@wrong("created-instances-start", "instance/create-ends-stopped", "starts what CreateInstance makes")
class _CreatedStart(Rules):
    def starts_what_it_makes(self, action: str) -> bool:
        return True


@wrong("run-instances-rest", "instance/run-starts", "leaves what RunInstances makes Stopped")
class _RunRest(Rules):
    def starts_what_it_makes(self, action: str) -> bool:
        return False


class _Skips(Wrapper):
    """Shows another state in place of one."""

    skipped, shown = "", ""

    def answer(self, action: str, parameters: Parameters, answer: Answer) -> Answer:
        for each in answer.get("Instances", {}).get("Instance", ()):
            each["Status"] = self.shown if each["Status"] == self.skipped else each["Status"]
        return answer


@wrong("never-starting", "instance/start", "is Running at once")
class _NeverStarting(_Skips):
    skipped, shown = "Starting", "Running"


@wrong("never-pending", "instance/life-cycle", "has no state Pending")
class _NeverPending(_Skips):
    skipped, shown = "Pending", "Starting"


@wrong("never-stopping", "instance/stop", "is Stopped at once")
class _NeverStopping(_Skips):
    skipped, shown = "Stopping", "Stopped"


@wrong("reboot-moves", "instance/reboot", "reboots on another host")
class _RebootMoves(Wrapper):
    def call(self, action: str, parameters: Parameters, *, account: str | None = None) -> Answer:
        answer = super().call(action, parameters, account=account)
        if action == "RebootInstance":
            self.rebooted = parameters["InstanceId"]
        elif action == "DescribeInstances" and "Running" in str(answer) and vars(self).pop("rebooted", None):
            shown = answer["Instances"]["Instance"][0]
            self.inner.control("migrate", {"instance": shown["InstanceId"]})
        return answer


@wrong("deleted-stays", "instance/delete", "answers DeleteInstance and keeps the instance")
class _DeletedStays(Wrapper):
    def call(self, action: str, parameters: Parameters, *, account: str | None = None) -> Answer:
        if action != "DeleteInstance":
            return super().call(action, parameters, account=account)
        try:
            return super().call(action, {**parameters, "DryRun": True}, account=account)
        except ApiError as refusal:
            if refusal.code != "DryRunOperation":
                raise
            return {"RequestId": refusal.request_id}


@wrong("subscriptions-are-deletable", "instance/delete-subscription", "deletes a subscription before it expires")
class _DeletableEarly(Rules):
    def subscription_is_deletable(self, expired: bool, asked: bool) -> bool:
        return asked


@wrong("expired-is-deletable-unasked", "instance/delete-subscription", "needs no TerminateSubscription")
class _DeletableUnasked(Rules):
    def subscription_is_deletable(self, expired: bool, asked: bool) -> bool:
        return expired


@wrong("subscriptions-stay", "instance/delete-subscription", "never deletes a subscription")
class _NeverDeletable(Rules):
    def subscription_is_deletable(self, expired: bool, asked: bool) -> bool:
        return False


@wrong("unknown-is-400", "instance/unknown-instance", "gives what does not exist the status 400")
class _UnknownIs400(Wrapper):
    def call(self, action: str, parameters: Parameters, *, account: str | None = None) -> Answer:
        try:
            return super().call(action, parameters, account=account)
        except ApiError as refusal:
            refusal.status = 400 if refusal.status == 404 else refusal.status  # type: ignore[misc]
            raise


# Stops


@wrong("compute-kept-without-charge", "instance/stop-no-charge", "keeps vCPUs and memory of what is not charged")
class _ComputeKept(Rules):
    def releases_compute(self, stopped_mode: str) -> bool:
        return False


@wrong("compute-lost-with-charge", "instance/stop-keep-charging", "gives away the place of what is charged")
class _ComputeLost(Rules):
    def releases_compute(self, stopped_mode: str) -> bool:
        return True


@wrong("everything-stops-without-charge", "instance/stop-no-charge-excluded", "excludes nothing from free stops")
class _NothingExcluded(Rules):
    def qualifies_for_no_charge(self, instance: Instance) -> bool:
        return True


@wrong("classic-stops-without-charge", "instance/stop-no-charge-excluded", "excludes all but the classic network")
class _ClassicNotExcluded(Rules):
    def qualifies_for_no_charge(self, instance: Instance) -> bool:
        return not instance.in_vpc or super().qualifies_for_no_charge(instance)


@wrong("i2-stops-without-charge", "instance/stop-no-charge-excluded", "excludes all families but the last")
class _OneNotExcluded(Rules):
    def qualifies_for_no_charge(self, instance: Instance) -> bool:
        return instance.kind.family == "ecs.i2" or super().qualifies_for_no_charge(instance)


@wrong("switch-is-ignored", "instance/stop-charging-default", "ignores the switch of the account")
class _SwitchIgnored(Rules):
    def stops_without_charge(self, instance: Instance, asked: str | None, by_default: bool) -> bool:
        return super().stops_without_charge(instance, asked, False)


@wrong("switch-prevails", "instance/stop-charging-default", "lets the switch prevail over KeepCharging in the call")
class _SwitchPrevails(Rules):
    def stops_without_charge(self, instance: Instance, asked: str | None, by_default: bool) -> bool:
        return super().stops_without_charge(instance, None if by_default else asked, by_default)


@wrong("no-charge-is-the-default", "instance/stop-charging-default", "stops without charge unless told otherwise")
class _FreeByDefault(Rules):
    def stops_without_charge(self, instance: Instance, asked: str | None, by_default: bool) -> bool:
        return super().stops_without_charge(instance, asked, True)


@wrong("guest-shutdown-is-free", "instance/guest-shutdown-keeps-charging", "lets the switch reach a guest's shutdown")
class _GuestShutdownFree(Rules):
    def mode_of_guest_shutdown(self, instance: Instance, by_default: bool) -> str:
        return "StopCharging" if by_default else "KeepCharging"


# Identity and user data


class _Counts(Wrapper):
    """Shows something else of an instance from its n-th call of an action on."""

    action = ""

    def __init__(self, inner: Backend) -> None:
        super().__init__(inner)
        self.changed: set[object] = set()

    def spoil(self, shown: dict[str, Any]) -> None:
        """Change what is shown of an instance that the action was called for."""

    def answer(self, action: str, parameters: Parameters, answer: Answer) -> Answer:
        if action == self.action:
            self.changed.add(parameters["InstanceId"])
        for each in answer.get("Instances", {}).get("Instance", ()):
            if each["InstanceId"] in self.changed:
                self.spoil(each)
        return answer


@wrong("private-ip-changes-at-start", "instance/identity", "gives an instance another private IP at each start")
class _PrivateIpChanges(_Counts):
    action = "StartInstance"

    def spoil(self, shown: dict[str, Any]) -> None:
        shown["VpcAttributes"]["PrivateIpAddress"] = {"IpAddress": ["10.255.0.1"]}


@wrong("host-name-is-reset", "instance/identity", "resets the host name at a reboot")
class _HostNameReset(_Counts):
    action = "RebootInstance"

    def spoil(self, shown: dict[str, Any]) -> None:
        shown["HostName"] = "localhost"


@wrong("migration-shows", "instance/identity", "gives a migrated instance another network card")
class _MigrationShows(_Counts):
    def control(self, verb: str, arguments: Mapping[str, object]) -> Answer:
        if verb == "migrate":
            self.changed.add(arguments["instance"])
        return super().control(verb, arguments)

    def spoil(self, shown: dict[str, Any]) -> None:
        shown["NetworkInterfaces"]["NetworkInterface"][0]["MacAddress"] = "00:16:00:00:00:00"


@wrong("user-data-runs-once", "instance/user-data", "runs the start-up program at the first boot alone")
class _UserDataOnce(Rules):
    def new_boot_runs_user_data(self) -> bool:
        return False


@wrong("user-data-changes-live", "instance/user-data-stopped-only", "changes the user data of a running instance")
class _UserDataLive(Rules):
    def user_data_may_change(self, status: str) -> bool:
        return True


@wrong("user-data-is-fixed", "instance/user-data-stopped-only", "never changes user data")
class _UserDataFixed(Rules):
    def user_data_may_change(self, status: str) -> bool:
        return False
