"""How scripted guests run a script: time is a value, and what is not understood is never guessed.

    for wait in execute(script, session, dialect): ...

A dialect knows sequences of simple commands; `Session` knows the programs. Each either does what the real one does or
raises `NotUnderstood`, which ends the script with a message that says how to teach it.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, Protocol

from faultzone.clock import milliseconds
from faultzone.substrate.reaction import Answer, Reaction

#: How long a step takes, in milliseconds; None is for ever.
Wait = int | None
#: A program takes its arguments and gives its exit code, or how long it takes and how it ends then.
Program = Callable[["Session", list[str]], "int | Takes"]


#: Commands that put out nothing but what they are asked to.
_WITHOUT_ERRORS: Final = frozenset({"echo", "printf"})


class Takes(NamedTuple):
    """A program that takes its time, then writes and ends."""

    ms: Wait
    code: int = 0
    output: str = ""


class Crashed(Exception):
    """A taught command broke the run."""


class ScriptEnds(Exception):
    """The script ends here, with the code that is its argument."""


class NotUnderstood(Exception):
    """The script uses what the guest does not know; the argument says what."""

    @classmethod
    def of(cls, name: str, arguments: Sequence[str]) -> NotUnderstood:
        """A command that a program of this name is not known to carry out as the real one does."""
        return cls(repr(" ".join([name, *arguments])))


class Step(NamedTuple):
    """One simple command: what stood before it (`&&`, `||`, or nothing that decides), its text, what gives its words
    when its turn comes, and whether its output goes to the console."""

    after: str
    text: str
    line: int
    words: Callable[[Session], list[str]]
    to_console: bool = False


class Session(Protocol):
    """A shell that runs in a guest.

    Attributes:
        name: of the script.
        line: of the script that runs.
        code: what the last command ended with.
        directory: in which it works.
        user: as whom.
        plain_sh: whether the script is run by a shell that is not bash.
        to_console: whether what is put out goes to the console of the system.
    """

    name: str
    line: int
    code: int
    directory: str
    user: str
    plain_sh: bool
    to_console: bool

    def write(self, output: str | bytes) -> None:
        """Put out text or bytes."""
        ...

    def taught(self, text: str) -> Reaction | None:
        """How a command of this text was taught to behave."""
        ...

    def program(self, name: str) -> Program | None:
        """What a name stands for in this guest; None where there is surely nothing.

        Raises:
            NotUnderstood: it is there, or may be, and is not known.
        """
        ...

    def has_directory(self, path: str) -> bool | None:
        """Whether a directory is there; None where that is not known."""
        ...

    def variable(self, name: str) -> str | None:
        """The value of an environment variable; None where it is not known."""
        ...

    def serve(self, port: int, answer: Answer) -> bool:
        """Serve at a port in the background; False where something does already."""
        ...


@dataclass(frozen=True)
class Dialect:
    """A kind of shell.

    Args:
        steps: gives the commands of a script, and raises NotUnderstood.
        builtins: what it has of its own, by name.
        not_found: gives what it writes where a name stands for nothing.
        not_found_code: what the command ends with then.
        fold: makes the names alike that are the same.
    """

    steps: Callable[[str], Sequence[Step]]
    builtins: Mapping[str, Program]
    not_found: Callable[[Session, str], str]
    not_found_code: int
    fold: Callable[[str], str] = str.lower


def execute(script: str, session: Session, dialect: Dialect) -> Generator[Wait, None, int]:
    """Run a script, handing out each wait; its value is the exit code.

    Raises:
        Crashed: a taught command broke the run.
    """
    reaction = session.taught(script.strip())
    if reaction is not None:
        return (yield from react(reaction, session))
    try:
        if session.has_directory(session.directory) is None:
            raise NotUnderstood(f"whether there is a directory {session.directory}")
        for step in dialect.steps(script):
            if (step.after == "&&" and session.code) or (step.after == "||" and not session.code):
                continue
            session.code = yield from _run(step, session, dialect)
    except ScriptEnds as ended:
        return int(ended.args[0])
    except NotUnderstood as unknown:
        return tell_unknown(unknown, script, session)
    return session.code


def tell_unknown(unknown: NotUnderstood, script: str, session: Session) -> int:
    """Say what a guest does not understand of a script; gives the exit code."""
    session.to_console = False
    session.write(
        f"this guest does not understand {unknown}; teach it the script: region.guest({script.strip()!r}, ...)\n"
    )
    return 2


def _run(step: Step, session: Session, dialect: Dialect) -> Generator[Wait, None, int]:
    session.line, session.to_console = step.line, step.to_console
    if step.to_console and session.user != "root":
        raise NotUnderstood(f"what {step.text!r} does for {session.user}")
    reaction = session.taught(step.text)
    if reaction is not None:
        return (yield from react(reaction, session))
    given, *arguments = step.words(session)
    name = dialect.fold(given)
    if step.to_console and name not in _WITHOUT_ERRORS:
        raise NotUnderstood(repr(step.text))  # Errors of a program do not go where its output does.
    program = dialect.builtins.get(name) or session.program(name)
    if program is None:
        session.write(dialect.not_found(session, given))
        return dialect.not_found_code
    result = program(session, arguments)
    if isinstance(result, Takes):
        yield result.ms
        session.write(result.output)
        return result.code
    return result


def react(reaction: Reaction, session: Session) -> Generator[Wait, None, int]:
    """Do what was taught; the value is the exit code.

    Raises:
        Crashed: it breaks the run.
    """
    if reaction.hang:
        yield None
    if takes := milliseconds(reaction.takes):
        yield takes
    session.write(reaction.output)
    if reaction.crash:
        raise Crashed
    if reaction.serves is not None and not session.serve(reaction.serves, _answering(reaction.answer)):
        session.write(f"{session.name}: port {reaction.serves}: address already in use\n")
        return 1
    return reaction.exit_code


def _answering(answer: str | bytes | Answer) -> Answer:
    if callable(answer):
        return answer
    always = answer.encode() if isinstance(answer, str) else answer
    return lambda data: always
