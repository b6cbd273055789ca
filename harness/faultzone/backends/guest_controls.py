"""The control verbs of guests: requests to what serves in them; for scripted ones teaching, agents and what ran."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from faultzone.backends.controls import Arguments, verb
from faultzone.ecs.assistant import SYSTEM_OF
from faultzone.errors import NotSupported, UsageError
from faultzone.substrate.guests import AGENT_STATES, Guests, Taught, exactly, like
from faultzone.substrate.memory import MemorySubstrate
from faultzone.substrate.shell import Reaction

if TYPE_CHECKING:
    from faultzone.backends.local import LocalBackend

_REACTION: Final = ("takes", "exit_code", "output", "hang", "crash", "serves", "answer")
#: Seconds for which an answer is awaited where a request does not say.
_ANSWER_WITHIN: Final = 5.0
#: The most, so that a control route answers before its client gives up.
_ANSWER_WITHIN_MOST: Final = 25.0


def _guests(backend: LocalBackend) -> Guests:
    if not isinstance(backend.substrate, MemorySubstrate):
        raise NotSupported(f"the guests of the {backend.name} backend are no scripted ones")
    return backend.substrate.guests


@verb(
    "teach-guest",
    "guest",
    command="string?",
    pattern="string?",
    function="callable, in process alone?",
    command_id="string?",
    instance="string?",
    times="integer?",
    takes="number or string?",
    exit_code="integer?",
    output="string?",
    hang="boolean?",
    crash="boolean?",
    serves="integer?",
    answer="string?",
    answers="callable, in process alone?",
)
def teach_guest(backend: LocalBackend, given: Arguments) -> dict[str, Any]:
    """Teach guests a command: by exact text, by a regular expression for all of it, by a function, or by its id.

    `serves` is the port at which it serves from its end on, `answer` what it answers there, in Base64; or `answers`
    gives the answer to the bytes of a request.
    """
    reacts = {each: given[each] for each in _REACTION if given.get(each) is not None}
    if given.get("answer") is not None:
        reacts["answer"] = _bytes("answer", given["answer"])
    if given.get("answers") is not None:
        reacts["answer"] = given["answers"]
    reaction = Reaction(**reacts)
    meanings: dict[str, Callable[[Any], Taught]] = {
        "command": lambda text: exactly(text, reaction),
        "pattern": lambda pattern: like(pattern, reaction),
        "function": lambda function: function,
        "command_id": lambda command_id: lambda text: reaction,
    }
    by = [each for each in meanings if given.get(each) is not None]
    if len(by) != 1:
        raise UsageError(f"teach a guest by one of {', '.join(meanings)}, not by {' and '.join(by) or 'none'}")
    taught = meanings[by[0]](given[by[0]])
    _guests(backend).teach(taught, given.get("instance"), given.get("times"), given.get("command_id"))
    return {}


def _bytes(name: str, text: object) -> bytes:
    try:
        return base64.b64decode(str(text), validate=True)
    except ValueError:
        raise UsageError(f"{name}={text!r}: write bytes in Base64") from None


@verb(
    "guest-request",
    "reach-guests",
    writes=False,
    outside_lock=True,
    instance="string",
    port="integer",
    data="string?",
    seconds="number?",
)
def guest_request(backend: LocalBackend, given: Arguments) -> dict[str, Any]:
    """Send bytes to a port of an instance, as anybody who reaches its network can; tells the answer.

    Bytes are in Base64. In place of an answer comes the trouble: `refused` where the system is up and nothing serves at
    the port, `silent` where nothing is heard for so many seconds.
    """
    instance, port, seconds = str(given["instance"]), given["port"], given.get("seconds")
    seconds = _ANSWER_WITHIN if seconds is None else seconds
    if not 1 <= port <= 65535:
        raise UsageError(f"port={port!r}: write a port, from 1 to 65535")
    if not 0 < seconds <= _ANSWER_WITHIN_MOST:
        raise UsageError(f"seconds={seconds!r}: write seconds, more than 0 and at most {_ANSWER_WITHIN_MOST:g}")
    data = _bytes("data", given.get("data") or "")
    if backend.cloud.find_instance(instance) is None:
        raise UsageError(f"there is no instance {instance!r}")
    answer: dict[str, Any]
    said: dict[str, Any]
    try:
        answered = backend.reach(instance, port, data, float(seconds))
    except ConnectionRefusedError:
        answer = said = {"trouble": "refused"}
    except TimeoutError:
        answer = said = {"trouble": "silent"}
    else:
        answer, said = {"data": base64.b64encode(answered).decode()}, {"answered": len(answered)}
    backend.note("read", {"verb": "guest-request", "instance": instance, "port": port, "asked": len(data), **said})
    return answer


@verb("set-agent", "break-agents", instance="string", state="string")
def set_agent(backend: LocalBackend, given: Arguments) -> dict[str, Any]:
    """Bring the agent of an instance into a state: running, stopped, hung, lacking, outdated or upgrading."""
    _guests(backend).set_agent(given["instance"], given["state"])
    return {"states": list(AGENT_STATES)}


@verb("agent-outage", "break-agents", instance="string", state="string")
def agent_outage(backend: LocalBackend, given: Arguments) -> dict[str, Any]:
    """Put the agent of an instance out of order; tells the number that ends it. Of several the latest is to be seen."""
    instance, state = str(given["instance"]), given["state"]
    if state == "running" or state not in AGENT_STATES:
        raise UsageError(f"state={state!r}: write one of {', '.join(AGENT_STATES[1:])}")
    _guests(backend).set_agent(instance, state)
    return {"id": backend.troubles.begin(state, ("agent", instance))}


@verb("end-agent-outage", "break-agents", instance="string", id="integer?")
def end_agent_outage(backend: LocalBackend, given: Arguments) -> dict[str, Any]:
    """End an outage of an agent, or all; with none left it runs, as its latest version."""
    instance = str(given["instance"])
    guests, agent = _guests(backend), ("agent", instance)
    guests.guest(instance)
    if given.get("id") is None or given["id"] in backend.troubles.left(agent):
        backend.troubles.end(agent, given.get("id"))
        guests.set_agent(instance, "running", *backend.troubles.left(agent).values())
    return {}


@verb("set-powershell", "guest", instance="string", there="boolean")
def set_powershell(backend: LocalBackend, given: Arguments) -> dict[str, Any]:
    """Take the PowerShell module away from a Windows guest, or give it back."""
    _guests(backend).set_powershell(given["instance"], bool(given["there"]))
    return {}


@verb("agent", "break-agents", writes=False, instance="string")
def agent(backend: LocalBackend, given: Arguments) -> dict[str, Any]:
    """Look at the agent of an instance: whether it runs, its version, how often it looked for an upgrade, outages."""
    troubles = list(backend.troubles.left(("agent", given["instance"])))
    return {**_guests(backend).agent(given["instance"]), "troubles": troubles}


@verb("log-in", "guest", instance="string", script="string", kind="string?")
def log_in(backend: LocalBackend, given: Arguments) -> dict[str, Any]:
    """Run a script in a guest as its administrator, as over a remote connection; tells its place among what ran
    there."""
    guests = _guests(backend)
    system = guests.guest(given["instance"]).system
    kind = given.get("kind") or ("RunShellScript" if system == "linux" else "RunBatScript")
    if SYSTEM_OF.get(kind) != system:
        kinds = " or ".join(each for each, of in SYSTEM_OF.items() if of == system)
        raise UsageError(f"kind={kind!r}: a {system} guest runs {kinds}")
    return {"number": guests.log_in(given["instance"], given["script"], kind)}


@verb("guest-history", "guest", writes=False, instance="string")
def guest_history(backend: LocalBackend, given: Arguments) -> dict[str, Any]:
    """List the scripts that ran in a guest, oldest first: by whom, when, and how they ended."""
    return {"ran": [asdict(each) for each in _guests(backend).guest(given["instance"]).history]}
