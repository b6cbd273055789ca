"""What passes between the model and the substrate: effects out, reports in. Each carries the epoch of its instance."""

from __future__ import annotations

from typing import Final, NamedTuple


class Boot(NamedTuple):
    """Power an instance on, on a host, and run its start-up program; `agent` installs the Cloud Assistant agent before.

    `address` is its private address, in the private network `network`; `os_name` is that of its image.
    """

    instance: str
    epoch: int
    host: int
    user_data: str | None
    host_name: str = ""
    system: str = "linux"
    agent: bool = False
    address: str = ""
    network: str = ""
    os_name: str = ""


class Halt(NamedTuple):
    """Shut an instance down; `force` cuts its power (instance/force-stop)."""

    instance: str
    epoch: int
    host: int
    force: bool


class Move(NamedTuple):
    """Carry a running instance to another host without anything inside noticing."""

    instance: str
    epoch: int
    host: int
    to: int


class Interrupt(NamedTuple):
    """Crash the operating system of an instance, as an interrupt that cannot be masked does."""

    instance: str
    epoch: int


class Release(NamedTuple):
    """Forget an instance and its disks."""

    instance: str
    epoch: int


class Booted(NamedTuple):
    """An instance runs."""

    instance: str
    epoch: int


class Halted(NamedTuple):
    """An instance has shut down, because it was asked to or by itself."""

    instance: str
    epoch: int


class GuestCrashed(NamedTuple):
    """The operating system of an instance has crashed; nothing runs there any more."""

    instance: str
    epoch: int


class HostLost(NamedTuple):
    """A host no longer answers; what ran on it is gone."""

    host: int
    reversible: bool


class HostBack(NamedTuple):
    """A host that was lost answers again, empty of running instances."""

    host: int


class RunScript(NamedTuple):
    """Let the agent of an instance run a script.

    Attributes:
        run: which run it is; reports name it.
        command: the id of the command.
        kind: the type of the command.
        timeout: after how many seconds the agent kills it.
        directory: where it runs; empty for the agent's default.
        quota: how many bytes of output are kept.
        user: as whom it runs; empty for the administrator.
        filled_in: what stands for its placeholders, which may be secret.
        shown: the script without that.
        launcher: what starts it; empty for the interpreter of its type.
        termination: what the end of its time or a stop ends, `Process` or `ProcessTree`; empty where nobody said.
        check: whether the agent only looks whether it could run.
    """

    instance: str
    epoch: int
    run: str
    command: str
    kind: str
    script: str
    timeout: int
    directory: str
    quota: int
    user: str = ""
    filled_in: tuple[str, ...] = ()
    shown: str = ""
    launcher: str = ""
    termination: str = ""
    check: bool = False


class PutFile(NamedTuple):
    """Let the agent of an instance write a file; it reports as of a run that ends with 1 where the file was there.

    `name` is that of the file, the last part of `path`.
    """

    instance: str
    epoch: int
    run: str
    path: str
    content: str
    mode: str
    owner: str
    group: str
    overwrite: bool
    name: str = ""


class CancelScript(NamedTuple):
    """Let the agent of an instance forget a run that it has not begun; one that has begun goes on."""

    instance: str
    epoch: int
    run: str


class EndScript(NamedTuple):
    """Let the agent of an instance end a run that has begun, in the way that was asked for with it."""

    instance: str
    epoch: int
    run: str


class AgentSeen(NamedTuple):
    """The agent of an instance serves, in this version; None when it has ceased to.

    `zone` is the name of its system's time zone; empty where that is the one of images.
    """

    instance: str
    epoch: int
    version: str | None
    zone: str = ""


class GuestRebooted(NamedTuple):
    """An instance was rebooted from inside: what ran there is gone, and nobody called the API."""

    instance: str
    epoch: int


class RunStarted(NamedTuple):
    """The agent has begun a run."""

    instance: str
    epoch: int
    run: str


class RunChecked(NamedTuple):
    """A run that the agent was only to look at could begin."""

    instance: str
    epoch: int
    run: str


class RunOutput(NamedTuple):
    """What a run that is under way has written so far, from its beginning. Bytes that are no UTF-8 are surrogates."""

    instance: str
    epoch: int
    run: str
    output: str
    dropped: int


class RunEnded(NamedTuple):
    """The process of a run has ended by itself."""

    instance: str
    epoch: int
    run: str
    exit_code: int
    output: str
    dropped: int


class RunTimedOut(NamedTuple):
    """The agent has killed a run that outlasted its timeout."""

    instance: str
    epoch: int
    run: str
    output: str
    dropped: int


class RunRefused(NamedTuple):
    """A run could not begin or could not go on; `reason` is a key of `invocation_status.OUTCOMES`."""

    instance: str
    epoch: int
    run: str
    reason: str
    output: str


Effect = Boot | Halt | Move | Interrupt | Release | RunScript | PutFile | CancelScript | EndScript
Report = (
    Booted | Halted | HostLost | HostBack | GuestCrashed | AgentSeen | GuestRebooted
    | RunStarted | RunChecked | RunOutput | RunEnded | RunTimedOut | RunRefused
)  # fmt: skip


#: Of runs that go well, besides their end.
_ROUTINE: Final = (RunScript, RunStarted, RunOutput)


def firing(invocation: str, number: int) -> str:
    """The name of the run of a timed invocation at the `number`-th of its times."""
    return f"{invocation}.{number}"


def is_routine(what: Effect | Report) -> bool:
    """Whether it is of a run of a timed invocation that goes well: the journal has one entry for all of a firing."""
    if isinstance(what, _ROUTINE):
        return "." in what.run
    return isinstance(what, RunEnded) and not what.exit_code and "." in what.run
