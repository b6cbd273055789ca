"""Wrong regions of the chapter on instances: protection, locks, and release at a set time."""

from __future__ import annotations

from faultzone.clock import MINUTE
from faultzone.ecs.errors import ApiError
from faultzone.model.core.state import Instance
from faultzone.model.rules import Rules
from faultzone.wrong_regions import Answer, Parameters, Wrapper, declare, wrong
from faultzone.wrong_regions.instances import asks
from faultzone.wrong_regions.wrappers import swallows

LOCKED = ["StartInstance", "StopInstance", "RebootInstance", "ModifyInstanceAttribute"]

for _name, _clause, _says, _value, _given in (
    ("lock-lets-reboot", "security-lock", "reboots what is locked", "security_lock_refuses", [*LOCKED[:2], LOCKED[3]]),
    ("lock-lets-start", "security-lock", "starts what is locked", "security_lock_refuses", LOCKED[1:]),
    ("lock-lets-rename", "security-lock", "renames what is locked", "security_lock_refuses", LOCKED[:3]),
    ("releases-in-29-minutes", "auto-release-bounds", "takes 29 minutes ahead", "auto_release_floor", 29 * 60),
    ("wants-an-hour", "auto-release-bounds", "wants an hour ahead", "auto_release_floor", 3600),
    ("releases-within-a-year", "auto-release-bounds", "takes a year ahead at most", "auto_release_ceiling", 31_536_000),
    ("releases-in-ten-years", "auto-release-bounds", "takes ten years ahead", "auto_release_ceiling", 315_360_000),
):
    declare(_name, f"instance/{_clause}", _says, {f"instance.{_value}": _given})

for _name, _clause, _says, _action, _rewrite in (
    (
        "protection-is-for-ever",
        "deletion-protection",
        "never turns protection off",
        "ModifyInstanceAttribute",
        lambda given: {**given, "DeletionProtection": given.get("DeletionProtection") or None},
    ),
    (
        "subscription-loses-protection",
        "deletion-protection-scope",
        "drops the protection of a subscription",
        "CreateInstance",
        lambda given: {**given, "DeletionProtection": None},
    ),
):
    asks(_name, _clause, _says, (_action,), _rewrite)

wrong("subscriptions-get-a-release-time", "instance/auto-release-charge-type", "takes one for a subscription")(
    swallows("ModifyInstanceAutoReleaseTime", "ChargeTypeViolation")
)


@wrong("protection-is-for-show", "instance/deletion-protection", "deletes what is protected")
class _ProtectionForShow(Rules):
    def protects(self, instance: Instance) -> bool:
        return False


@wrong("force-beats-protection", "instance/deletion-protection", "lets Force delete what is protected")
class _ForceBeatsProtection(Wrapper):
    def call(self, action: str, parameters: Parameters, *, account: str | None = None) -> Answer:
        if action == "DeleteInstance" and str(parameters.get("Force")).lower() == "true":
            self.inner.call(
                "ModifyInstanceAttribute", {"InstanceId": parameters["InstanceId"], "DeletionProtection": False}
            )
        return super().call(action, parameters, account=account)


@wrong("protection-outlasts-the-system", "instance/deletion-protection-and-system", "never releases what is protected")
class _ProtectedFromSystem(Rules):
    def honors_auto_release(self, instance: Instance, overdue: bool) -> bool:
        return not instance.deletion_protection and super().honors_auto_release(instance, overdue)


@wrong("never-auto-released", "instance/auto-release", "releases nothing by itself")
class _NeverReleased(Rules):
    def honors_auto_release(self, instance: Instance, overdue: bool) -> bool:
        return False


@wrong("released-to-the-second", "instance/auto-release", "does not cut the seconds off")
class _ReleasedToTheSecond(Rules):
    def release_instant(self, asked: int) -> int:
        return asked


@wrong("released-a-minute-early", "instance/auto-release", "releases a minute early")
class _ReleasedEarly(Rules):
    def release_instant(self, asked: int) -> int:
        return super().release_instant(asked) - MINUTE


@wrong("release-is-not-cancelled", "instance/auto-release-cancel", "ignores a call without a time")
class _NotCancelled(Wrapper):
    def call(self, action: str, parameters: Parameters, *, account: str | None = None) -> Answer:
        if action == "ModifyInstanceAutoReleaseTime" and not parameters.get("AutoReleaseTime"):
            return super().call("DescribeInstanceAttribute", {"InstanceId": parameters["InstanceId"]}, account=account)
        return super().call(action, parameters, account=account)


wrong("unknown-is-released-later", "instance/auto-release-unknown", "takes a release time for what does not exist")(
    swallows("ModifyInstanceAutoReleaseTime", "NoSuchResource")
)


@wrong("released-in-arrears", "instance/auto-release-in-arrears", "honors the release time of a debtor")
class _ReleasedInArrears(Rules):
    def honors_auto_release(self, instance: Instance, overdue: bool) -> bool:
        return True


@wrong("released-before-the-stop", "instance/auto-release-in-arrears", "honors it until the stop for arrears")
class _ReleasedBeforeTheStop(Rules):
    def honors_auto_release(self, instance: Instance, overdue: bool) -> bool:
        return super().honors_auto_release(instance, False)


@wrong("locked-is-in-conflict", "instance/security-lock-delete", "refuses to release what is locked as a conflict")
class _LockedConflicts(Wrapper):
    def call(self, action: str, parameters: Parameters, *, account: str | None = None) -> Answer:
        if action == "DeleteInstance":
            shown = self.inner.call("DescribeInstanceAttribute", {"InstanceId": parameters["InstanceId"]})
            if shown["OperationLocks"]["LockReason"] and str(parameters.get("Force")).lower() != "true":
                raise ApiError("OperationConflict")
        return super().call(action, parameters, account=account)


wrong("redeploys-without-reason", "instance/redeploy", "redeploys without a maintenance event")(
    swallows("RedeployInstance", "InvalidOperation.RedeployInstance")
)


@wrong("redeploys-in-place", "instance/redeploy", "restarts on the same host what should be redeployed")
class RedeploysInPlace(Wrapper):
    """The instance is rebooted where it is."""

    def call(self, action: str, parameters: Parameters, *, account: str | None = None) -> Answer:
        """Reboot instead of redeploying, once maintenance is planned."""
        if action != "RedeployInstance":
            return super().call(action, parameters, account=account)
        return super().call("RebootInstance", parameters, account=account)
