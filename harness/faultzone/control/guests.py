"""The verbs of guests: requests to what serves in them; for scripted ones teaching, agents and what ran."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from faultzone.api.ecs.assistant import SYSTEM_OF
from faultzone.control.registry import Table, verb
from faultzone.control.targets import find_instance
from faultzone.errors import NotSupported, UnknownTarget, UsageError
from faultzone.model.assistant.state import find_machine
from faultzone.substrate.guests import Guests, Taught, exactly, like
from faultzone.substrate.reaction import Reaction

if TYPE_CHECKING:
    from faultzone.control.local import Local
    from faultzone.substrate.memory import MemorySubstrate

VERBS: Table = {}
#: The most seconds for which an answer is awaited, so that a control route answers before its client gives up.
_ANSWER_WITHIN_MOST: Final = 25.0


def memory_of(backend: Local) -> MemorySubstrate:
    """The hosts of a backend, where they are in memory.

    Raises:
        NotSupported: they are not.
    """
    if backend.memory is None:
        raise NotSupported(f"the hosts of the {backend.name} backend are not in memory, so its guests are not scripted")
    return backend.memory


def _guests(backend: Local) -> Guests:
    return memory_of(backend).guests


@verb(VERBS, "guest")
def teach_guest(
    backend: Local,
    *,
    command: str | None = None,
    pattern: str | None = None,
    function: Callable[[str], Reaction | None] | None = None,
    command_id: str | None = None,
    instance: str | None = None,
    times: int | None = None,
    takes: float | str | None = None,
    exit_code: int | None = None,
    output: str | None = None,
    hang: bool | None = None,
    crash: bool | None = None,
    serves: int | None = None,
    answer: str | None = None,
    answers: Callable[[bytes], bytes] | None = None,
) -> dict[str, Any]:
    """Teach guests a command: by exact text, by a regular expression for all of it, by a function, or by its id.

    `serves` is the port at which it serves from its end on, `answer` what it answers there, in Base64; or `answers`
    gives the answer to the bytes of a request.
    """
    reaction = _reaction(
        takes=takes,
        exit_code=exit_code,
        output=output,
        hang=hang,
        crash=crash,
        serves=serves,
        answer=answers if answer is None else _bytes("answer", answer),
    )
    by: dict[str, Taught] = {}
    if command is not None:
        by["command"] = exactly(command, reaction)
    if pattern is not None:
        by["pattern"] = like(pattern, reaction)
    if function is not None:
        by["function"] = function
    if command_id is not None:
        by["command_id"] = lambda text: reaction
    if len(by) != 1:
        ways = "command, pattern, function, command_id"
        raise UsageError(f"teach-guest: expected one of {ways}, got {' and '.join(by) or 'none'}")
    (taught,) = by.values()
    if instance is not None and backend.cloud.find_instance(instance) is None:
        _guests(backend).guest(instance)  # A machine outside the cloud has one.
    _guests(backend).teach(taught, instance, times, command_id)
    return {}


def _reaction(**given: Any) -> Reaction:
    return Reaction(**{name: value for name, value in given.items() if value is not None})


def _bytes(name: str, text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        raise UsageError.expected(name, text[:20], "bytes in Base64") from None


# It changes nothing in the region, and yet reaches what a test may count.
@verb(VERBS, "reach-guests", writes=False, takes_lock=True, repeatable=False)
def guest_request(backend: Local, *, instance: str, port: int, data: str = "", seconds: float = 5.0) -> dict[str, Any]:
    """Send bytes to a port of an instance over its network; returns the answer.

    Bytes are in Base64. In place of an answer comes the `error`: `refused` where the system is up and nothing serves at
    the port, `silent` where nothing is heard for so many seconds.
    """
    if not 1 <= port <= 65535:
        raise UsageError.expected_whole("port", port, 1, 65535)
    if not 0 < seconds <= _ANSWER_WITHIN_MOST:
        raise UsageError.expected("seconds", seconds, f"more than 0 and at most {_ANSWER_WITHIN_MOST:g} seconds")
    asked = _bytes("data", data)
    find_instance(backend, instance)
    answer: dict[str, Any]
    said: dict[str, Any]
    try:
        answered = backend.reach(instance, port, asked, float(seconds))
    except ConnectionRefusedError:
        answer = said = {"error": "refused"}
    except TimeoutError:
        answer = said = {"error": "silent"}
    else:
        answer, said = {"data": base64.b64encode(answered).decode()}, {"answered": len(answered)}
    backend.note("read", {"verb": "guest-request", "instance": instance, "port": port, "asked": len(asked), **said})
    return answer


@verb(VERBS, "break-agents")
def set_agent(backend: Local, *, instance: str, state: str) -> dict[str, Any]:
    """Set the state of the agent of an instance: `running`, or a state of `AgentOutage`."""
    from faultzone.faults.guests import OUTAGES

    states = ["running", *OUTAGES]
    if state not in states:
        raise UsageError.expected_one_of("state", state, states)
    _guests(backend).set_agent(instance, state)
    return {"states": states}


@verb(VERBS, "guest")
def set_plugin(backend: Local, *, instance: str, name: str, state: str, version: str = "1.0") -> dict[str, Any]:
    """Let the agent of an instance say that a plug-in is Installed, Running, Stopped, Crashed or Removed."""
    from faultzone.model.assistant import plugins

    if state not in plugins.STATES:
        raise UsageError.expected_one_of("state", state, plugins.STATES)
    for region in backend.cloud.regions.values():
        if (machine := find_machine(region, instance)) is not None:
            account = region.account(machine.account)
            plugins.note(account, machine.id, name, version, state, region.clock.now)
            return {}
    raise UnknownTarget.unknown("instance", instance, see="DescribeInstances lists them")


@verb(VERBS, "windows")
def set_powershell(backend: Local, *, instance: str, there: bool) -> dict[str, Any]:
    """Remove the PowerShell module from a Windows guest, or restore it."""
    _guests(backend).set_powershell(instance, there)
    return {}


@verb(VERBS, "break-agents", writes=False)
def agent(backend: Local, *, instance: str) -> dict[str, Any]:
    """Return the state of the agent of an instance: `running` if it takes commands, else a state of `AgentOutage`;
    whether its process is there, its version, checks for upgrades, outages."""
    return {**_guests(backend).agent(instance), "faults": list(backend.active_faults.on(("agent", instance)))}


@verb(VERBS, "log-in")
def log_in(backend: Local, *, instance: str, script: str, kind: str | None = None) -> dict[str, Any]:
    """Run a script in a guest as administrator, as over a remote login; returns its place in `guest-history`."""
    guests = _guests(backend)
    system = guests.guest(instance).system.kind
    chosen = kind or ("RunShellScript" if system == "linux" else "RunBatScript")
    if SYSTEM_OF.get(chosen) != system:
        kinds = [each for each, of in SYSTEM_OF.items() if of == system]
        raise UsageError.expected_one_of("kind", chosen, kinds)
    return {"number": guests.log_in(instance, script, chosen)}


@verb(VERBS, "log-in", writes=False)
def guest_history(backend: Local, *, instance: str) -> dict[str, Any]:
    """List the scripts that ran in a guest, oldest first: the starter, the times and the results."""
    return {"ran": [asdict(each) for each in _guests(backend).guest(instance).history]}
