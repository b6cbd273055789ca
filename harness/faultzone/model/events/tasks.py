"""What users see of tasks.

Source: API reference of October 2026, DescribeTasks, DescribeTaskAttribute and CancelTask.
"""

from __future__ import annotations

from math import inf
from typing import Any, Final

from faultzone.api.ecs.tasks import CancelTask, DescribeTaskAttribute, DescribeTasks
from faultzone.api.errors import ApiError
from faultzone.clock import stamp_minute
from faultzone.model.core.dispatch import Answer, handles
from faultzone.model.core.filters import read_instant
from faultzone.model.core.listing import listing
from faultzone.model.core.state import AccountState, RegionState
from faultzone.model.core.tasks import FAILED, FINISHED, PROCESSING, Task, Tasks

_MOST_IDS: Final = 100
#: What of a task that is one operation is done.
_DONE: Final = {PROCESSING: "0%", FINISHED: "100%", FAILED: "100%"}
_OPERATION: Final = {PROCESSING: "Processing", FINISHED: "Success", FAILED: "Failed"}


@handles(DescribeTasks)
def describe_tasks(region: RegionState, account: AccountState, request: DescribeTasks) -> Answer:
    """DescribeTasks: the newest first; a state that there is not is not looked at (recovery/tasks-query)."""
    r = request
    ids = None if r.task_ids is None else {each.strip() for each in r.task_ids.split(",")}
    if ids is not None and len(ids) > _MOST_IDS:
        raise ApiError.of("InvalidParameter", name="TaskIds", why=f"at most {_MOST_IDS} are accepted")
    first = 0 if r.start is None else read_instant(r.start, name="StartTime")
    last = inf if r.end is None else read_instant(r.end, name="EndTime")
    resources, status = {*r.resource_ids}, r.status if r.status in _DONE else None

    def meets(task: Task) -> bool:
        return (
            (ids is None or task.id in ids)
            and (not resources or task.resource in resources)
            and first <= task.created <= last
        )

    return listing(
        "TaskSet",
        "Task",
        list(account.part(Tasks).values()),
        request,
        lambda task: {**_render(task), "ResourceId": task.resource},
        where=[meets],
        having=[(r.action, lambda task: task.action), (status, lambda task: task.status)],
        latest_first=True,
        RegionId=region.id,
    )


def _render(task: Task) -> dict[str, Any]:
    """What both queries tell of a task; its times are told to the minute."""
    shown = {
        "TaskId": task.id,
        "TaskAction": task.action,
        "TaskStatus": task.status,
        "SupportCancel": "false",
        "CreationTime": stamp_minute(task.created),
    }
    if task.finished is not None:
        shown["FinishedTime"] = stamp_minute(task.finished)
    return shown


def _find(account: AccountState, task_id: str) -> Task:
    task = account.part(Tasks).get(task_id)
    if task is None:
        raise ApiError("InvalidTaskId.NotFound")
    return task


@handles(DescribeTaskAttribute)
def describe_task(region: RegionState, account: AccountState, request: DescribeTaskAttribute) -> Answer:
    """DescribeTaskAttribute: a task here is one operation, which is done or not (recovery/task)."""
    task = _find(account, request.task_id)
    return {
        **_render(task),
        "RegionId": region.id,
        "TaskProcess": _DONE[task.status],
        "TotalCount": 1,
        "SuccessCount": int(task.status == FINISHED),
        "FailedCount": int(task.status == FAILED),
        "OperationProgressSet": {
            "OperationProgress": [
                {
                    "OperationStatus": _OPERATION[task.status],
                    "ErrorCode": "OperationFailed" if task.status == FAILED else "",
                    "ErrorMsg": f"{task.action} has failed." if task.status == FAILED else "",
                    "RelatedItemSet": {"RelatedItem": [{"Name": task.kind, "Value": task.resource}]},
                }
            ]
        },
    }


@handles(CancelTask)
def cancel_task(region: RegionState, account: AccountState, request: CancelTask) -> Answer:
    """CancelTask: none of the actions that are answered here can be canceled (recovery/task-cancel)."""
    task = _find(account, request.task_id)
    if task.status != PROCESSING:
        raise ApiError("InvalidTaskId.IncorrectTaskStatus")
    raise ApiError("InvalidTaskId.TaskActionNotSupport")
