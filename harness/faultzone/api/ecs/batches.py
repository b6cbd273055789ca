"""The batch forms of starting, stopping, rebooting and deleting instances. They came in 2020."""

from __future__ import annotations

from faultzone.api.answer import CURRENT, Answer, Text, items
from faultzone.api.ecs.instances import STOPPED_MODES
from faultzone.api.request import Request, flag, text, texts

#: What a batch does about instances that do not fit: all or nothing, or each by itself.
OPTIMIZATIONS = ("AllTogether", "SuccessFirst")


class _Batch(Request):
    """What the batch forms have in common."""

    needs_region = True
    since = (2020, 12)

    instance_ids: tuple[str, ...] = texts("InstanceId", most=100, required=True)
    dry_run: bool = flag("DryRun")
    batch_optimization: str = text("BatchOptimization", OPTIMIZATIONS[0], among=OPTIMIZATIONS)

    answer = Answer(
        items(
            "InstanceResponses",
            "InstanceResponse",
            Text("InstanceId", "Code", "Message", "PreviousStatus", "CurrentStatus"),
        ),
    )


class StartInstances(_Batch):
    """Start several instances."""


class StopInstances(_Batch):
    """Stop several instances."""

    force_stop: bool = flag("ForceStop")
    stopped_mode: str | None = text("StoppedMode", among=STOPPED_MODES)


class RebootInstances(_Batch):
    """Restart several instances."""

    force_stop: bool = flag("ForceReboot")


class DeleteInstances(_Batch):
    """Release several instances."""

    force: bool = flag("Force")
    terminate_subscription: bool = flag("TerminateSubscription")
    force_stop: bool = flag("ForceStop", True, since=CURRENT)
    client_token: str | None = text("ClientToken")

    answer = Answer()
