"""Where things are in the answers of the API."""

from __future__ import annotations

from typing import Final

INSTANCES: Final = "Instances.Instance"
SETS: Final = "DeploymentSets.DeploymentSet"
COMMANDS: Final = "Commands.Command"
#: The targets of DescribeInvocations, and the records of DescribeInvocationResults.
TARGETS: Final = "Invocations.Invocation[].InvokeInstances.InvokeInstance"
RECORDS: Final = "Invocation.InvocationResults.InvocationResult"
AGENTS: Final = "InstanceCloudAssistantStatusSet.InstanceCloudAssistantStatus"

#: The query of what is planned, the query of what was, and the events in their answers.
PENDING: Final = "DescribeInstancesFullStatus"
HISTORY: Final = "DescribeInstanceHistoryEvents"
STATUSES: Final = "InstanceFullStatusSet.InstanceFullStatusType"
PLANNED: Final = f"{STATUSES}[].ScheduledSystemEventSet.ScheduledSystemEventType"
EVENTS: Final = "InstanceSystemEventSet.InstanceSystemEventType"
TASKS: Final = "TaskSet.Task"
