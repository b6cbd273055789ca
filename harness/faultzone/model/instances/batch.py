"""The batch forms of the life cycle: each instance as by the single action, all or nothing unless asked otherwise.
Later than 2019-02."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from faultzone.api.ecs.batches import DeleteInstances, RebootInstances, StartInstances, StopInstances
from faultzone.api.ecs.instances import DeleteInstance, RebootInstance, StartInstance, StopInstance
from faultzone.api.errors import ApiError
from faultzone.model.core import transitions
from faultzone.model.core.client_tokens import once
from faultzone.model.core.dispatch import Answer, handles
from faultzone.model.core.state import AccountState, Instance, RegionState
from faultzone.model.instances import lifecycle

#: What a batch answers to a dry run whose checks have passed.
_DRY_RUN = "DRYRUN.SUCCESS"


def _run(
    region: RegionState,
    account: AccountState,
    request: StartInstances | StopInstances | RebootInstances | DeleteInstances,
    single: Callable[[str, bool], Any],
    handler: Callable[[RegionState, AccountState, Any], Answer],
) -> Answer:
    """Do the single action to each: first as a dry run to all, so that nothing is done where one does not fit
    (instance/batch-all-together, instance/batch-success-first, instance/batch-dry-run)."""
    fitting: list[Instance] = []
    responses: dict[str, dict[str, str]] = {}
    for instance_id in dict.fromkeys(request.instance_ids):
        instance = account.instance(instance_id)
        try:
            handler(region, account, single(instance_id, True))
        except ApiError as answer:
            if answer.code == "DryRunOperation":
                fitting.append(instance)
                continue
            if request.batch_optimization == "AllTogether":
                raise
            responses[instance_id] = _response(instance, instance.status, answer.code, answer.message)
    together = request.batch_optimization == "AllTogether"
    if together and isinstance(request, StartInstances):
        transitions.check_room(region, fitting)
    if request.dry_run:
        raise ApiError(_DRY_RUN)
    for instance in fitting:
        before = instance.status
        try:
            handler(region, account, single(instance.id, False))
        except ApiError as refusal:
            if together:
                raise
            # Those before it have taken what there was.
            responses[instance.id] = _response(instance, before, refusal.code, refusal.message)
        else:
            responses[instance.id] = _response(instance, before, "200", "success")
    shown = [responses[each] for each in dict.fromkeys(request.instance_ids)]
    return {"InstanceResponses": {"InstanceResponse": shown}}


def _response(instance: Instance, before: str, code: str, message: str) -> dict[str, str]:
    return {
        "InstanceId": instance.id,
        "Code": code,
        "Message": message,
        "PreviousStatus": before,
        "CurrentStatus": instance.status,
    }


@handles(StartInstances)
def start_instances(region: RegionState, account: AccountState, request: StartInstances) -> Answer:
    """StartInstances."""
    return _run(
        region,
        account,
        request,
        lambda id, dry: StartInstance.build(instance_id=id, dry_run=dry),
        lifecycle.start_instance,
    )


@handles(StopInstances)
def stop_instances(region: RegionState, account: AccountState, request: StopInstances) -> Answer:
    """StopInstances."""
    return _run(
        region,
        account,
        request,
        lambda id, dry: StopInstance.build(
            instance_id=id, dry_run=dry, force_stop=request.force_stop, stopped_mode=request.stopped_mode
        ),
        lifecycle.stop_instance,
    )


@handles(RebootInstances)
def reboot_instances(region: RegionState, account: AccountState, request: RebootInstances) -> Answer:
    """RebootInstances."""
    return _run(
        region,
        account,
        request,
        lambda id, dry: RebootInstance.build(instance_id=id, dry_run=dry, force_stop=request.force_stop),
        lifecycle.reboot_instance,
    )


@handles(DeleteInstances)
@once
def delete_instances(region: RegionState, account: AccountState, request: DeleteInstances) -> Answer:
    """DeleteInstances (instance/delete-batch)."""
    answer = _run(
        region,
        account,
        request,
        lambda id, dry: DeleteInstance.build(
            instance_id=id,
            dry_run=dry,
            force=request.force,
            terminate_subscription=request.terminate_subscription,
            force_stop=request.force_stop,
        ),
        lifecycle.delete_instance,
    )
    del answer["InstanceResponses"]
    return answer
