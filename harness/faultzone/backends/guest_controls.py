"""The control verbs of scripted guests: teaching them commands, their agents, and what ran in them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from faultzone.backends.controls import Arguments, verb
from faultzone.errors import NotSupported, UsageError
from faultzone.substrate.guests import AGENT_STATES, Guests, Taught, exactly, like
from faultzone.substrate.memory import MemorySubstrate
from faultzone.substrate.shell import Reaction

if TYPE_CHECKING:
    from faultzone.backends.local import LocalBackend

_REACTION: Final = ("takes", "exit_code", "output", "hang", "crash")


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
)
def teach_guest(backend: LocalBackend, given: Arguments) -> dict[str, Any]:
    """Teach guests a command: by exact text, by a regular expression for all of it, by a function, or by its id."""
    reaction = Reaction(**{each: given[each] for each in _REACTION if each in given})
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


@verb("set-agent", "guest", instance="string", state="string")
def set_agent(backend: LocalBackend, given: Arguments) -> dict[str, Any]:
    """Bring the agent of an instance into a state: running, stopped, hung, lacking, outdated or upgrading."""
    _guests(backend).set_agent(given["instance"], given["state"])
    return {"states": list(AGENT_STATES)}


@verb("set-powershell", "guest", instance="string", there="boolean")
def set_powershell(backend: LocalBackend, given: Arguments) -> dict[str, Any]:
    """Take the PowerShell module away from a Windows guest, or give it back."""
    _guests(backend).set_powershell(given["instance"], bool(given["there"]))
    return {}


@verb("agent", "guest", writes=False, instance="string")
def agent(backend: LocalBackend, given: Arguments) -> dict[str, Any]:
    """Look at the agent of an instance: whether it runs, its version, and how often it looked for an upgrade."""
    return _guests(backend).agent(given["instance"])


@verb("log-in", "guest", instance="string", script="string", kind="string?")
def log_in(backend: LocalBackend, given: Arguments) -> dict[str, Any]:
    """Run a script in a guest as its administrator, as over a remote connection; tells its place among what ran
    there."""
    guests = _guests(backend)
    system = guests.guest(given["instance"]).system
    kind = given.get("kind") or ("RunShellScript" if system == "linux" else "RunBatScript")
    return {"number": guests.log_in(given["instance"], given["script"], kind)}


@verb("guest-history", "guest", writes=False, instance="string")
def guest_history(backend: LocalBackend, given: Arguments) -> dict[str, Any]:
    """List the scripts that ran in a guest, oldest first: by whom, when, and how they ended."""
    return {"ran": [asdict(each) for each in _guests(backend).guest(given["instance"]).history]}
