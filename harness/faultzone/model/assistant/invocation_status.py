"""How the states of an invocation's instances add up to its total, as tables that an edition chooses.

A table is a tuple of rows; the first row whose condition holds decides. A decision names its row, so that whoever
checks a region can print why. Sources: manual 2.1, tables 2-2 to 2-4; API reference, DescribeInvocations, both dates.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final, NamedTuple, TypeAlias

_NONE: Final[frozenset[str]] = frozenset()


class Row(NamedTuple):
    """One rule: its condition is the conjunction of those of the three sets that are not empty.

    Args:
        name: what the row says, for people.
        result: the total when this row decides.
        clause: the documented promise for which the row stands.
        any_of: at least one instance is in one of these states.
        all_in: every instance is in one of these states.
        contains: each of these states occurs.
    """

    name: str
    result: str
    clause: str
    any_of: frozenset[str] = _NONE
    all_in: frozenset[str] = _NONE
    contains: frozenset[str] = _NONE

    def matches(self, states: frozenset[str]) -> bool:
        """Whether the condition holds for the set of states that occur."""
        return (
            (not self.any_of or not self.any_of.isdisjoint(states))
            and (not self.all_in or states <= self.all_in)
            and self.contains <= states
        )


Table: TypeAlias = tuple[Row, ...]


class Decision(NamedTuple):
    """A state, and the row that decided it."""

    state: str
    row: Row


def total(states: Iterable[str], rows: Table) -> Decision:
    """The total of an invocation whose instances are in these states; how many are in each plays no part.

    Raises:
        ValueError: there is no instance, or one is in a state that the table does not know.
    """
    occurring = frozenset(states)
    if not occurring:
        raise ValueError("an invocation without instances has no state")
    known = frozenset[str]().union(*(row.any_of | row.all_in | row.contains for row in rows))
    if not occurring <= known:
        raise ValueError(f"the table has no state {sorted(occurring - known)}; it has {sorted(known)}")
    for row in rows:
        if row.matches(occurring):
            return Decision(row.result, row)
    raise ValueError(f"no row of the table fits {sorted(occurring)}")


def _set(names: str) -> frozenset[str]:
    return frozenset(names.split())


_RUNNING: Final = Row("any Running", "Running", "invocation-status/one-time", any_of=_set("Running"))
_STOPPED: Final = Row("all Stopped", "Stopped", "invocation-status/one-time", all_in=_set("Stopped"))
_FINISHED: Final = Row(
    "none Failed: all Finished, or some of them Stopped",
    "Finished",
    "invocation-status/one-time",
    all_in=_set("Finished Stopped"),
)

#: One-time invocations: from the states of the instances to the total (InvokeStatus), by the name of the table. An
#: edition names the table that is its own.
#: The two differ at {Failed, Stopped} alone; Stopping is a state of the later one.
ONE_TIME: Final[Mapping[str, Table]] = MappingProxyType(
    {
        "2019-02": (
            _RUNNING,
            _STOPPED,
            _FINISHED,
            Row("all Failed", "Failed", "invocation-status/one-time", all_in=_set("Failed")),
            Row(
                "some Failed, the others Stopped",
                "PartialFailed",
                "invocation-status/failed-and-stopped",
                all_in=_set("Failed Stopped"),
            ),
            Row(
                "some Failed, others Finished",
                "PartialFailed",
                "invocation-status/one-time",
                contains=_set("Failed Finished"),
            ),
        ),
        "2020-12": (
            _RUNNING,
            Row("any Stopping", "Stopping", "invocation-status/detailed-status", any_of=_set("Stopping")),
            _STOPPED,
            Row(
                "all Failed, or some of them Stopped",
                "Failed",
                "invocation-status/failed-and-stopped-2020",
                all_in=_set("Failed Stopped"),
            ),
            _FINISHED,
            Row(
                "both Failed and Finished",
                "PartialFailed",
                "invocation-status/one-time",
                contains=_set("Failed Finished"),
            ),
        ),
    }
)

_TIMED_RUNNING: Final = Row(
    "not yet stopped by the user", "Running", "invocation-status/timed-total", any_of=_set("Running")
)
_TIMED_STOPPED: Final = Row("stopped by the user", "Stopped", "invocation-status/timed-total", all_in=_set("Stopped"))

#: Timed invocations: from the states of the instances, which are Running or Stopped and nothing else, to the total.
TIMED: Final[Table] = (_TIMED_RUNNING, _TIMED_STOPPED)


def timed_instance(*, stopped: bool) -> Decision:
    """The state of one instance of a timed invocation; its records play no part (invocation-status/timed-instance).

    Args:
        stopped: whether the user has stopped the invocation on this instance.
    """
    row = _TIMED_STOPPED if stopped else _TIMED_RUNNING
    return Decision(row.result, row)


class Outcome(NamedTuple):
    """What became of a command on an instance, in the words of each edition.

    Args:
        invoke_status: the old name (InvokeRecordStatus, InstanceInvokeStatus).
        invocation_status: the later name (InvocationStatus of an instance).
        error_code: the later ErrorCode; empty when there is none.
    """

    invoke_status: str
    invocation_status: str
    error_code: str = ""


#: cause -> outcome. The pairing of ErrorCode with InvocationStatus follows from what the two mean: no page pairs them.
#: By its old name a command that timed out, or could not start or go on for another reason, is Failed.
#: Clauses: invocation-status/target-words, invocation-status/error-codes.
OUTCOMES: Final[Mapping[str, Outcome]] = MappingProxyType(
    {
        "delivering": Outcome("Running", "Pending"),
        "waiting-for-its-time": Outcome("Running", "Scheduled"),
        "running": Outcome("Running", "Running"),
        "stopping": Outcome("Stopping", "Stopping"),
        "checked": Outcome("Finished", "Success"),
        "exited-zero": Outcome("Finished", "Success"),
        "exited-nonzero": Outcome("Finished", "Failed", "ExitCodeNonzero"),
        "timed-out": Outcome("Failed", "Timeout", "ExecutionTimeout"),
        "exception": Outcome("Failed", "Error", "ExecutionException"),
        "interrupted": Outcome("Failed", "Error", "ExecutionInterrupted"),
        "stopped-before-start": Outcome("Stopped", "Cancelled"),
        "stopped-while-running": Outcome("Stopped", "Terminated"),
        "not-delivered": Outcome("Failed", "Aborted", "DeliveryTimeout"),
        "instance-missing": Outcome("Failed", "Aborted", "InstanceNotExists"),
        "instance-released": Outcome("Failed", "Aborted", "InstanceReleased"),
        "instance-not-running": Outcome("Failed", "Aborted", "InstanceNotRunning"),
        "agent-not-running": Outcome("Failed", "Aborted", "ClientNotRunning"),
        "agent-silent": Outcome("Failed", "Aborted", "ClientNotResponse"),
        "agent-upgrading": Outcome("Failed", "Aborted", "ClientIsUpgrading"),
        "agent-too-old": Outcome("Failed", "Aborted", "ClientNeedUpgrade"),
        "wrong-system": Outcome("Failed", "Invalid", "CommandNotApplicable"),
        "no-such-user": Outcome("Failed", "Invalid", "AccountNotExists"),
        "no-such-directory": Outcome("Failed", "Invalid", "DirectoryNotExists"),
        "bad-cron": Outcome("Failed", "Invalid", "BadCronExpression"),
        "denied": Outcome("Failed", "Aborted", "SecurityGroupRuleDenied"),
        "too-many-tasks": Outcome("Failed", "Aborted", "TaskConcurrencyLimit"),
        # Of files alone.
        "no-such-group": Outcome("Failed", "Invalid", "UserGroupNotExists"),
        "bad-file-name": Outcome("Failed", "Invalid", "FileNameInvalid"),
        "bad-file-path": Outcome("Failed", "Invalid", "FilePathInvalid"),
        "file-not-made": Outcome("Failed", "Failed", "FileCreateFail"),
    }
)

_UNSUCCESSFUL: Final = _set("Invalid Aborted Failed Timeout Error")
_ENDED_BY_USER: Final = _set("Cancelled Terminated")
_DETAILED_CLAUSE: Final = "invocation-status/detailed-status"

#: From edition 2020-12, one-time and timed alike: from the InvocationStatus of the instances to that of the whole. The
#: documentation lists the first four rows in this order and does not rank them (invocation-status/total-words).
DETAILED: Final[Table] = (
    Row("any Pending", "Pending", _DETAILED_CLAUSE, any_of=_set("Pending")),
    Row("any Scheduled", "Scheduled", _DETAILED_CLAUSE, any_of=_set("Scheduled")),
    Row("any Running", "Running", _DETAILED_CLAUSE, any_of=_set("Running")),
    Row("any Stopping", "Stopping", _DETAILED_CLAUSE, any_of=_set("Stopping")),
    Row("all stopped", "Stopped", _DETAILED_CLAUSE, all_in=_ENDED_BY_USER),
    Row("all Success, or some of them stopped", "Success", _DETAILED_CLAUSE, all_in=_ENDED_BY_USER | {"Success"}),
    Row("all failed, or some of them stopped", "Failed", _DETAILED_CLAUSE, all_in=_ENDED_BY_USER | _UNSUCCESSFUL),
    Row("both Success and failed", "PartialFailed", _DETAILED_CLAUSE, any_of=_UNSUCCESSFUL, contains=_set("Success")),
)
