"""The actions on tasks: what goes on after the call that began it was answered.

Source: API reference of October 2026, chapter "Others".
"""

from __future__ import annotations

from faultzone.api.answer import CURRENT, PAGES, Answer, Number, Text, Time, items
from faultzone.api.ecs.reasons import CANNOT_BE_USED
from faultzone.api.request import Request, integer, text, texts

#: The actions that make tasks.
TASK_ACTIONS = ("ImportImage", "ExportImage", "RedeployInstance", "ModifyDiskSpec", "ArchiveSnapshot")

#: What both queries tell of a task.
_TASK = (
    Text("TaskId", "TaskAction", "TaskStatus", "SupportCancel"),
    Time("CreationTime"),
    Time("FinishedTime", when="the task has ended"),
)


class DescribeTasks(Request):
    """List tasks."""

    needs_region = True
    since = CURRENT
    writes = False

    action: str | None = text("TaskAction", among=TASK_ACTIONS)
    task_ids: str | None = text("TaskIds")
    status: str | None = text("TaskStatus")
    resource_ids: tuple[str, ...] = texts("ResourceIds", most=100)
    start: str | None = text("StartTime")
    end: str | None = text("EndTime")
    page_number: int = integer("PageNumber", 1, least=1)
    page_size: int = integer("PageSize", 10, least=1, most=100)

    not_simulated = ((CANNOT_BE_USED, "TaskGroupId"),)

    answer = Answer(*PAGES, Text("RegionId"), items("TaskSet", "Task", *_TASK, Text("ResourceId")))


class DescribeTaskAttribute(Request):
    """Show a task and how far it is."""

    needs_region = True
    since = CURRENT
    writes = False

    task_id: str = text("TaskId", required=True)

    answer = Answer(
        *_TASK,
        Text("RegionId", "TaskProcess"),
        Number("TotalCount", "SuccessCount", "FailedCount"),
        items(
            "OperationProgressSet",
            "OperationProgress",
            Text("OperationStatus", "ErrorCode", "ErrorMsg"),
            items("RelatedItemSet", "RelatedItem", Text("Name", "Value")),
        ),
    )


class CancelTask(Request):
    """Cancel a task, where its action can be canceled."""

    needs_region = True
    since = CURRENT

    task_id: str = text("TaskId", required=True)
