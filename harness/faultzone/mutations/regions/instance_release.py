"""Wrong regions of the chapter on instances: protection, locks, and release at a set time."""

from __future__ import annotations

from typing import Final

from faultzone.api.errors import ApiError
from faultzone.clock import MINUTE
from faultzone.mutations.library import (
    Answer,
    Next,
    Parameters,
    before,
    instead,
    put,
    request,
    swallow,
    where,
)
from faultzone.mutations.row import always, row

LOCKED: Final = ["StartInstance", "StopInstance", "RebootInstance", "ModifyInstanceAttribute"]


def is_forced(given: Parameters) -> bool:
    """Whether a request has Force."""
    return str(given.get("Force")).lower() == "true"


def unprotect(on: Next, given: Parameters) -> None:
    """Turn protection off where a release is forced."""
    if is_forced(given):
        on("ModifyInstanceAttribute", {"InstanceId": given["InstanceId"], "DeletionProtection": False})


def refuse_locked(on: Next, given: Parameters) -> None:
    """Refuse what is locked as a conflict, unless it is forced."""
    shown = on("DescribeInstanceAttribute", {"InstanceId": given["InstanceId"]})
    if shown["OperationLocks"]["LockReason"] and not is_forced(given):
        raise ApiError("OperationConflict")


def only_id(given: Parameters) -> Answer:
    """The id alone, of all parameters."""
    return {"InstanceId": given["InstanceId"]}


RELEASE: Final = "ModifyInstanceAutoReleaseTime"

REGIONS: Final = (
    row("lock-lets-reboot", "instance/security-lock", "reboots what is locked",
        values={"instance.security_lock_refuses": [*LOCKED[:2], LOCKED[3]]}),
    row("lock-lets-start", "instance/security-lock", "starts what is locked",
        values={"instance.security_lock_refuses": LOCKED[1:]}),
    row("lock-lets-rename", "instance/security-lock", "renames what is locked",
        values={"instance.security_lock_refuses": LOCKED[:3]}),
    row("releases-in-29-minutes", "instance/auto-release-bounds", "takes 29 minutes ahead",
        values={"instance.auto_release_floor": 29 * 60}),
    row("wants-an-hour", "instance/auto-release-bounds", "wants an hour ahead",
        values={"instance.auto_release_floor": 3600}),
    row("releases-within-a-year", "instance/auto-release-bounds", "takes a year ahead at most",
        values={"instance.auto_release_ceiling": 31_536_000}),
    row("releases-in-ten-years", "instance/auto-release-bounds", "takes ten years ahead",
        values={"instance.auto_release_ceiling": 315_360_000}),
    row("protection-is-for-ever", "instance/deletion-protection", "never turns protection off",
        request("ModifyInstanceAttribute", where(lambda given: not given.get("DeletionProtection"),
                                                 put(DeletionProtection=None)))),
    row("subscription-loses-protection", "instance/deletion-protection-scope",
        "drops the protection of a subscription", request("CreateInstance", put(DeletionProtection=None))),
    row("subscriptions-get-a-release-time", "instance/auto-release-charge-type", "takes one for a subscription",
        swallow(RELEASE, "ChargeTypeViolation")),
    row("protection-is-for-show", "instance/deletion-protection", "deletes what is protected", protects=always(False)),
    row("force-beats-protection", "instance/deletion-protection", "lets Force delete what is protected",
        before("DeleteInstance", unprotect)),
    row("protection-outlasts-the-system", "instance/deletion-protection-and-system",
        "never releases what is protected",
        honors_auto_release=lambda right, instance, overdue: (
            not instance.deletion_protection and right.honors_auto_release(instance, overdue))),
    row("never-auto-released", "instance/auto-release", "releases nothing by itself",
        honors_auto_release=always(False)),
    row("released-to-the-second", "instance/auto-release", "does not cut the seconds off",
        release_instant=lambda right, asked: asked),
    row("released-a-minute-early", "instance/auto-release", "releases a minute early",
        release_instant=lambda right, asked: right.release_instant(asked) - MINUTE),
    row("release-is-not-cancelled", "instance/auto-release-cancel", "ignores a call without a time",
        instead(RELEASE, "DescribeInstanceAttribute", only_id, when=lambda given: not given.get("AutoReleaseTime"))),
    row("unknown-is-released-later", "instance/auto-release-unknown", "takes a release time for what does not exist",
        swallow(RELEASE, "NoSuchResource")),
    row("released-in-arrears", "instance/auto-release-in-arrears", "honors the release time of a debtor",
        honors_auto_release=always(True)),
    row("released-before-the-stop", "instance/auto-release-in-arrears", "honors it until the stop for arrears",
        honors_auto_release=lambda right, instance, overdue: right.honors_auto_release(instance, False)),
    row("locked-is-in-conflict", "instance/security-lock-delete", "refuses to release what is locked as a conflict",
        before("DeleteInstance", refuse_locked)),
    row("redeploys-without-reason", "instance/redeploy", "redeploys without a maintenance event",
        swallow("RedeployInstance", "InvalidOperation.RedeployInstance")),
    row("redeploys-in-place", "instance/redeploy", "restarts on the same host what should be redeployed",
        instead("RedeployInstance", "RebootInstance")),
)  # fmt: skip
