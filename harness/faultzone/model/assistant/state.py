"""What is kept of Cloud Assistant: commands, invocations, their targets, and a record of each run."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, ClassVar, Final, NamedTuple, TypeAlias

from faultzone.clock import MINUTE
from faultzone.journal.redaction import HIDDEN
from faultzone.model.assistant.parameters import fill
from faultzone.model.core.book import NOWHERE, Book, Field, by_name
from faultzone.model.core.effects import PutFile, RunScript
from faultzone.model.core.fields import tag_values
from faultzone.model.core.state import RUNNING

if TYPE_CHECKING:
    from faultzone.clock import Timer
    from faultzone.model.assistant.schedules import Schedule
    from faultzone.model.core.state import Instance, RegionState

DELIVERING: Final = "delivering"
UNDER_WAY: Final = "running"
#: A run that its agent was asked to end (invocation-status/stopping).
STOPPING: Final = "stopping"
#: A run that begins when its instance next starts.
WAITING: Final = "waiting-for-its-time"
#: The modes in which an invocation goes on until the user stops it (assistant/repeat-mode).
_REPEATING: Final = frozenset({"Period", "EveryReboot"})
#: Those that the documentation calls timed; the others begin at once.
SCHEDULED: Final = _REPEATING | {"NextRebootOnly"}
#: The mode in which an invocation only looks whether it could run (assistant/dry-run).
DRY_RUN: Final = "DryRun"


class SystemOf(NamedTuple):
    """The operating system of a machine outside the cloud, by the names that an image has for one."""

    system: str
    os_name: str


class Managed:
    """A managed instance: a machine outside the cloud that registered, with what Cloud Assistant asks of an instance
    (assistant/managed-runs).

    Attributes:
        activation: the id of the activation with which it registered.
        machine: by what it told itself from others, its MachineId.
        seen: the version of its agent that was last heard of; `agent` is None where none serves.
        private_ip, public_ip: its addresses.
        group, tags: those of its activation.
    """

    __slots__ = (
        "account", "activation", "agent", "epoch", "group", "host_name", "id", "image", "machine", "name",
        "private_ip", "public_ip", "registered", "seen", "tags",
    )  # fmt: skip

    #: It is not the region that starts and stops it, and it is where the internet is.
    status: Final = RUNNING
    impaired: Final = False
    in_vpc: Final = True

    def __init__(self, id: str, account: str, activation: str, image: SystemOf, registered: int) -> None:
        self.id, self.account, self.activation, self.image = id, account, activation, image
        self.registered = registered
        self.name = self.host_name = self.machine = self.private_ip = self.public_ip = self.group = self.seen = ""
        self.tags: Mapping[str, str] = {}
        self.agent: str | None = None
        self.epoch = 0


#: What runs commands and takes files.
Machine: TypeAlias = "Instance | Managed"


class Outside(dict[str, Managed]):
    """The managed instances of a region, by id."""


def find_machine(region: RegionState, machine_id: str) -> Machine | None:
    """The instance or managed instance of this id; None where there is none, or no more."""
    found: Machine | None = region.instances.get(machine_id)
    if found is None and (outside := region.kept(Outside)) is not None:
        found = outside.get(machine_id)
    return found


def machine_of(region: RegionState, machine_id: str) -> Machine:
    """The same of one that is there: a run of it has not settled."""
    found = find_machine(region, machine_id)
    assert found is not None
    return found


class Command:
    """A script under a name; `content` is its Base64, `open` counts the invocations that have not settled.

    Attributes:
        parameters: the names of its placeholders; None where they are not enabled.
        launcher: what starts the script; empty for the interpreter of its type.
        group, tags: what it was given to be found by.
    """

    __slots__ = (
        "content", "created", "description", "directory", "group", "id", "invoked", "kind", "launcher", "name", "open",
        "parameters", "script", "tags", "timeout",
    )  # fmt: skip

    def __init__(self, id: str, kind: str, content: str, script: str, created: int) -> None:
        self.id, self.kind, self.content, self.script, self.created = id, kind, content, script, created
        self.name = self.description = self.directory = self.launcher = self.group = ""
        self.tags: Mapping[str, str] = {}
        self.parameters: tuple[str, ...] | None = None
        self.timeout = 0
        self.invoked = self.open = 0

    #: Whether its content may change; that of a public command may not (assistant/public-command-runs).
    may_change: ClassVar[bool] = True

    def complete(self, given: Mapping[str, str]) -> Mapping[str, str]:
        """Values of its placeholders with those that stand for what was not given: none, unless it is public."""
        return given

    def effect(self, region: RegionState, invocation: Invocation, instance: Machine, run: str) -> RunScript | PutFile:
        """What the agent of an instance is asked to do. As whom and where is the edition's to say if nobody else does
        (assistant/run-as-system, assistant/windows-directory)."""
        edition, is_windows = region.edition.assistant, instance.image.system == "windows"
        return RunScript(
            instance.id,
            instance.epoch,
            run,
            self.id,
            self.kind,
            self._script(region, invocation, instance, invocation.parameters),
            invocation.seconds,
            invocation.place or (edition.windows_directory if is_windows else ""),
            region.rules.output_quota(instance.image.system),
            invocation.user or (edition.windows_user if is_windows else ""),
            tuple(invocation.parameters.values()),
            self._script(region, invocation, instance, dict.fromkeys(invocation.parameters, HIDDEN)),
            invocation.starter,
            invocation.termination,
            invocation.mode == DRY_RUN,
        )

    def _script(self, region: RegionState, invocation: Invocation, instance: Machine, given: Mapping[str, str]) -> str:
        """The script with what its placeholders stand for (assistant/parameters, assistant/built-in-parameters)."""
        if self.parameters is None:
            return self.script
        built_in = {
            "RegionId": region.id,
            "AccountId": instance.account,
            "InstanceId": instance.id,
            "InstanceName": instance.name,
            "InvokeId": invocation.id,
            "CommandId": self.id,
        }
        return fill(self.script, given, built_in, checked=region.edition.assistant.names_checked)


class Record:
    """One run of a command on one instance.

    Attributes:
        cause: what became of it, a key of `invocation_status.OUTCOMES`; `AssistantState.judge` alone changes it.
        superseded: whether a timed invocation has run on the instance since.
        row: its place in the book of records.
    """

    __slots__ = (
        "batch", "cause", "dropped", "exit_code", "finished", "invocation", "output", "row", "run", "started",
        "stopped", "superseded", "target",
    )  # fmt: skip

    def __init__(self, invocation: Invocation, target: Target, batch: Batch, cause: str) -> None:
        self.invocation, self.target, self.batch = invocation, target, batch
        self.run = batch.run
        self.cause: Final = cause
        self.superseded: Final[bool] = False
        self.row = NOWHERE
        self.started: int | None = None
        self.finished: int | None = None
        self.stopped: int | None = None
        self.exit_code: int | None = None
        self.output = ""
        self.dropped = 0


class Target:
    """One instance of an invocation.

    Attributes:
        cause: of its latest record, which may have been forgotten since.
    """

    __slots__ = ("cause", "instance", "live", "records", "runs", "stopped", "system")

    def __init__(self, instance: Machine) -> None:
        self.instance, self.system = instance.id, instance.image.system
        self.records: list[Record] = []
        self.cause = ""
        self.live: Record | None = None
        self.runs = 0
        self.stopped: int | None = None


class Batch:
    """The runs that began together, at the instant `began`; `timer` watches over them until all have settled.

    Attributes:
        command: what they run, which an invocation may have changed since.
        open: instance -> record, of those that have not settled.
        ended: what became of the others -> how many.
        timeout: how many seconds each may take, as the command said when they were delivered.
    """

    __slots__ = ("began", "command", "ended", "open", "run", "timeout", "timer")

    def __init__(self, run: str, began: int, command: Command) -> None:
        self.run, self.began, self.command = run, began, command
        self.open: dict[str, Record] = {}
        self.ended: Counter[str] = Counter()
        self.timeout = 0
        self.timer: Timer | None = None


class Invocation:
    """A command on instances: once, with `cron` at the times that it names, or when they start.

    Attributes:
        mode: when it runs, one of the documented modes.
        timed: whether it repeats until the user stops it.
        parameters: what the placeholders of the command stand for.
        user: as whom it runs; empty for the administrator.
        timeout, directory, launcher: its own, where they are not those of its command.
        termination: what a stop or a timeout ends, one of the documented modes; empty for what the edition says.
        fresh: whether RunCommand made it, and its command with it.
        kept: whether a command that takes the place of its own is kept (assistant/modify-invocation).
        group, tags: what it was given to be found by.
        outcome: what its total follows from: the causes of its targets; of one that repeats, whether they are stopped.
        exhausted: whether its schedule names no further time, or none of its targets is left.
        row: its place in the book of invocations.
    """

    __slots__ = (
        "_counts", "command", "created", "directory", "exhausted", "firings", "frequency", "fresh", "group", "id",
        "kept", "launcher", "mode", "outcome", "parameters", "records", "row", "schedule", "tags", "targets",
        "termination", "timed", "timeout", "timer", "user",
    )  # fmt: skip

    def __init__(self, id: str, command: Command, targets: Iterable[Target], created: int, mode: str = "Once") -> None:
        self.id, self.created = id, created
        self.command: Final = command
        self.mode, self.timed = mode, mode in _REPEATING
        self.targets: Final = {target.instance: target for target in targets}
        self.schedule: Schedule | None = None
        self.frequency = self.user = self.directory = self.launcher = self.termination = self.group = ""
        self.timeout: int | None = None
        self.kept = True
        self.tags: Mapping[str, str] = {}
        self.parameters: Mapping[str, str] = {}
        self.records: deque[Record] = deque()
        self.timer: Timer | None = None
        self.firings = 0
        self.exhausted = self.fresh = False
        self._counts: Counter[str | bool] = Counter({False: len(self.targets)} if self.timed else ())
        self.outcome: Final[frozenset[str | bool]] = frozenset(self._counts)
        self.row = NOWHERE

    def count(self, before: str | bool, after: str | bool) -> frozenset[str | bool]:
        """Count a target elsewhere: its new cause, or that it is stopped now. Returns what the outcome is now."""
        counts = self._counts
        if before != "":
            counts[before] -= 1
            if not counts[before]:
                del counts[before]
        counts[after] += 1
        return self.outcome if counts.keys() == self.outcome else frozenset(counts)

    def join(self, count: int) -> frozenset[str | bool]:
        """Count targets that came later. Returns what the outcome is now."""
        if self.timed:
            self._counts[False] += count
        return frozenset(self._counts)

    @property
    def seconds(self) -> int:
        """How long a run of it may take (assistant/own-timeout)."""
        return self.command.timeout if self.timeout is None else self.timeout

    @property
    def place(self) -> str:
        """The directory in which it runs; empty for the usual one (assistant/own-directory)."""
        return self.directory or self.command.directory

    @property
    def starter(self) -> str:
        """The launcher of its script; empty for the interpreter of its type."""
        return self.launcher or self.command.launcher

    @property
    def open(self) -> bool:
        """Whether it is still under way."""
        repeats = self.timed and not self.exhausted
        return any(target.live is not None or (repeats and target.stopped is None) for target in self.targets.values())


RECORD_FIELDS: Final = by_name(
    Field("invocation", "invocation", lambda each: (each.invocation.id,)),
    Field("command", "batch", lambda each: (each.batch.command.id,)),
    Field("group", "invocation", lambda each: (each.invocation.group,) if each.invocation.group else ()),
    Field("tag", "invocation", lambda each: tag_values(each.invocation.tags)),
    Field("instance", "target", lambda each: (each.target.instance,)),
    Field("cause", "cause", lambda each: (each.cause,)),
    Field("superseded", "superseded", lambda each: (True,) if each.superseded else ()),
)

INVOCATION_FIELDS: Final = by_name(
    Field("command", "command", lambda each: (each.command.id,)),
    Field("command name", "command", lambda each: (each.command.name,)),
    Field("type", "command", lambda each: (each.command.kind,)),
    Field("repeats", "mode", lambda each: (each.mode in SCHEDULED,)),
    Field("group", "group", lambda each: (each.group,) if each.group else ()),
    Field("tag", "tags", lambda each: tag_values(each.tags)),
    Field("mode", "mode", lambda each: (each.mode,)),
    Field("instance", "targets", lambda each: tuple(each.targets)),
    Field("outcome", "outcome", lambda each: ((each.timed, each.outcome),)),
)


class AssistantState:
    """What one account has of Cloud Assistant in one region; each region has it (assistant/all-regions).

    Attributes:
        records: all that are kept of runs of commands, oldest first.
        sendings: files that were sent, delivered as runs are.
        live: instance -> run -> record, of those that have not settled.
        at_start: what is to run when its targets start.
        cold: the instances that have started and whose agent has not been heard of since.
        zones: machine -> the name of the time zone of its system, where that is not the one of images.
        beats: machine -> when its agent was first heard of, and since when it is silent, None while it is not.
    """

    def __init__(self) -> None:
        self.commands: dict[str, Command] = {}
        self.invocations: dict[str, Invocation] = {}
        self.sendings: dict[str, Invocation] = {}
        self.records: deque[Record] = deque()
        self.record_book: Book[Record] = Book(RECORD_FIELDS)
        self.invocation_book: Book[Invocation] = Book(INVOCATION_FIELDS)
        self.live: dict[str, dict[str, Record]] = {}
        self.at_start: list[Invocation] = []
        self.cold: set[str] = set()
        self.zones: dict[str, str] = {}
        self.beats: dict[str, tuple[int, int | None]] = {}
        self.day = 0
        self.invoked_today = 0

    def hear(self, machine_id: str, now: int, *, serves: bool) -> None:
        """Note that an agent has begun or ceased to serve; one that starts anew begins to beat anew."""
        if serves:
            self.beats[machine_id] = (now, None)
        else:
            self.silence(machine_id, now)

    def silence(self, machine_id: str, now: int) -> None:
        """Note that nothing more is heard of an agent."""
        since, until = self.beats.get(machine_id, (0, 0))
        if until is None:
            self.beats[machine_id] = (since, now)

    def last_heard(self, machine_id: str, now: int) -> int | None:
        """When an agent was last heard of, which is once in a minute; None for never (assistant/heartbeats)."""
        beats = self.beats.get(machine_id)
        if beats is None:
            return None
        since, until = beats
        return since + ((now if until is None else until) - since) // MINUTE * MINUTE

    def judge(self, record: Record, cause: str) -> None:
        """Say what has become of a run."""
        self.record_book.change(record, "cause", cause)
        target = record.target
        if target.records and target.records[-1] is record:
            self.tell(record.invocation, target, cause)

    def tell(self, invocation: Invocation, target: Target, cause: str) -> None:
        """Say what has become of the latest run on a target."""
        before, target.cause = target.cause, cause
        if not invocation.timed and before != cause:
            self._count(invocation, before, cause)

    def stop(self, invocation: Invocation, target: Target, at: int) -> None:
        """Say that a target was stopped, at an instant."""
        target.stopped = at
        if invocation.timed:
            self._count(invocation, False, True)

    def _count(self, invocation: Invocation, before: str | bool, after: str | bool) -> None:
        outcome = invocation.count(before, after)
        if outcome is not invocation.outcome:
            self.invocation_book.change(invocation, "outcome", outcome)
