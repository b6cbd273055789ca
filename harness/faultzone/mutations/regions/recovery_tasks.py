"""Wrong regions of redeployments of today and their tasks."""

from __future__ import annotations

from typing import Final

from faultzone.clock import DAY
from faultzone.mutations.library import (
    accept,
    answer,
    at,
    becomes,
    counted,
    drop,
    emptied,
    put,
    read_as,
    request,
    shifted,
    swallow,
    where,
)
from faultzone.mutations.regions.places import TASKS
from faultzone.mutations.row import always, row

LIST: Final = "DescribeTasks"
ONE: Final = "DescribeTaskAttribute"
REDEPLOY: Final = "RedeployInstance"

REGIONS: Final = (
    row("no-task", "recovery/task", "lists no task of a redeployment",
        answer(LIST, TASKS, emptied()), answer(LIST, "", put(TotalCount=0))),
    row("task-never-ends", "recovery/task", "shows every task as Processing",
        answer(LIST, f"{TASKS}[].TaskStatus", becomes("Processing")),
        answer(ONE, "TaskStatus", becomes("Processing"))),
    row("task-is-over-at-once", "recovery/task", "shows every task as Finished",
        answer(LIST, f"{TASKS}[].TaskStatus", becomes("Finished")), answer(ONE, "TaskStatus", becomes("Finished"))),
    row("task-never-fails", "recovery/task", "shows tasks that failed as Finished",
        answer(ONE, "TaskStatus", read_as({"Failed": "Finished"}))),
    row("task-of-another-action", "recovery/task", "names another action of a task",
        answer(LIST, f"{TASKS}[].TaskAction", becomes("ModifyDiskSpec"))),
    row("task-of-another-resource", "recovery/task", "names no resource of a task",
        answer(LIST, f"{TASKS}[].ResourceId", emptied())),
    row("task-ends-before-it-begins", "recovery/task", "tells the ends of tasks a day too early",
        answer(LIST, f"{TASKS}[].FinishedTime", shifted(-DAY))),
    row("task-without-end", "recovery/task", "does not tell when a task ended",
        answer((LIST, ONE), "FinishedTime", emptied()), answer(LIST, f"{TASKS}[].FinishedTime", emptied())),
    row("task-counts-nothing", "recovery/task", "counts no operation as done", answer(ONE, "SuccessCount", emptied())),
    row("task-counts-no-failure", "recovery/task", "counts no operation as failed",
        answer(ONE, "FailedCount", emptied())),
    row("task-of-another-region", "recovery/task", "names another region of a task",
        answer(ONE, "RegionId", becomes("cn-nowhere"))),
    row("task-is-never-done", "recovery/task", "tells of no progress", answer(ONE, "TaskProcess", becomes("0%"))),

    row("tasks-of-any-action", "recovery/tasks-query", "does not look at TaskAction",
        request(LIST, drop("TaskAction"))),
    row("tasks-of-any-id", "recovery/tasks-query", "does not look at TaskIds", request(LIST, drop("TaskIds"))),
    row("tasks-of-the-first-id", "recovery/tasks-query", "looks at the first of TaskIds alone",
        request(LIST, at("TaskIds", lambda ids: ids.partition(",")[0]))),
    row("tasks-in-any-state", "recovery/tasks-query", "does not look at TaskStatus",
        request(LIST, drop("TaskStatus"))),
    row("tasks-in-no-other-state", "recovery/tasks-query", "shows none in a state that there is not",
        answer(LIST, TASKS, emptied(), when=lambda given: given.get("TaskStatus") == "Waiting")),
    row("tasks-of-any-resource", "recovery/tasks-query", "does not look at ResourceIds",
        request(LIST, drop("ResourceIds"))),
    row("tasks-from-any-time", "recovery/tasks-query", "does not look at StartTime",
        request(LIST, drop("StartTime"))),
    row("tasks-to-any-time", "recovery/tasks-query", "does not look at EndTime", request(LIST, drop("EndTime"))),
    row("tasks-on-pages-of-twenty", "recovery/tasks-query", "shows twenty where no size is given",
        request(LIST, where(lambda given: "PageSize" not in given, put(PageSize=20)))),
    row("tasks-on-the-first-page", "recovery/tasks-query", "shows the first page for every number",
        request(LIST, drop("PageNumber"))),
    row("tasks-on-pages-of-any-size", "recovery/tasks-query", "takes pages of any size",
        swallow(LIST, "InvalidParameter")),
    row("tasks-counted-by-page", "recovery/tasks-query", "counts the tasks of the page alone",
        answer(LIST, "", counted("TotalCount", TASKS))),

    row("task-can-be-canceled", "recovery/task-cancel", "accepts the cancellation of a redeployment",
        accept("CancelTask")),
    row("task-says-it-can-be-canceled", "recovery/task-cancel", "says that a redeployment can be canceled",
        answer(ONE, "SupportCancel", becomes("true"))),
    row("any-task-is-known", "recovery/task-cancel", "tells of tasks that there are not",
        swallow(ONE, "InvalidTaskId.NotFound")),

    row("redeploys-for-any-event", "recovery/redeploy-answers", "takes a redeployment for the answer to any event",
        redeploy_answers=lambda right, type, status: status in ("Scheduled", "Inquiring")),
    row("redeploys-for-reboots-alone", "recovery/redeploy-answers", "redeploys only what is to be rebooted",
        values={"event.avoided_by_redeployment": {"SystemMaintenance.Reboot": ("Scheduled", "Inquiring")}}),
    row("redeploys-for-no-inquiry", "recovery/redeploy-answers", "takes no redeployment for the answer to an inquiry",
        redeploy_answers=lambda right, type, status: status == "Scheduled" and right.redeploy_answers(type, status)),
    row("redeploys-for-nothing", "recovery/redeploy-answers", "redeploys, whatever is planned",
        redeploy_answers=always(True)),
)  # fmt: skip
