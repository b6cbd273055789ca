"""How scripted guests run a script: time is a value, and what is not understood is never guessed.

    for wait in execute(script, session, dialect): ...

A dialect knows sequences of simple commands; `Session` knows the programs. Each either does what the real one does or
raises `NotUnderstood`, which ends the script with a message that says how to teach it.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from faultzone.clock import Duration, milliseconds
from faultzone.errors import UsageError

#: How long a step takes, in milliseconds; None is for ever.
Wait = int | None
#: Gives the answer of a service to a request. It may raise ConnectionRefusedError or TimeoutError, as a service that
#: has died or hangs would be met with.
Answer = Callable[[bytes], bytes]
#: A program takes its arguments and gives its exit code, or how long it takes and how it ends then.
Program = Callable[["Session", list[str]], "int | Takes"]


class Takes(NamedTuple):
    """A program that takes its time, then writes and ends."""

    ms: Wait
    code: int = 0
    output: str = ""


@dataclass(frozen=True)
class Reaction:
    """How a taught command behaves.

    Args:
        takes: how long until it ends, such as `"40s"`.
        exit_code: what it ends with.
        output: what it writes when it ends; text, or bytes that need not be UTF-8.
        hang: it never ends by itself.
        crash: it does not end but breaks, so that the agent cannot go on with the run.
        serves: the port at which it serves from its end on, in the background, until the guest goes down.
        answer: what the service answers: the same to each request, or what a function gives to its bytes.

    Raises:
        UsageError: there is no such port, an answer without a port, or a service that hangs or crashes.
    """

    takes: Duration = 0
    exit_code: int = 0
    output: str | bytes = ""
    hang: bool = False
    crash: bool = False
    serves: int | None = None
    answer: str | bytes | Answer = b""

    def __post_init__(self) -> None:
        if self.serves is None:
            if self.answer:
                raise UsageError("an answer needs the port at which it is served: serves=80")
            return
        if type(self.serves) is not int or not 1 <= self.serves <= 65535:
            raise UsageError(f"serves={self.serves!r}: write a port, from 1 to 65535")
        if self.hang or self.crash:
            raise UsageError("what serves does so in the background: it neither hangs nor crashes")


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
    """One simple command: what stood before it (`&&`, `||`, or nothing that decides), its text, and what gives its
    words when its turn comes."""

    after: str
    text: str
    line: int
    words: Callable[[Session], list[str]]


class Session(Protocol):
    """A shell that runs in a guest.

    Attributes:
        name: of the script.
        line: of the script that runs.
        code: what the last command ended with.
        directory: in which it works.
        user: as whom.
        plain_sh: whether the script is run by a shell that is not bash.
    """

    name: str
    line: int
    code: int
    directory: str
    user: str
    plain_sh: bool

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
        return (yield from _react(reaction, session))
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
        session.write(
            f"this guest does not understand {unknown}; teach it the script: region.guest({script.strip()!r}, ...)\n"
        )
        return 2
    return session.code


def _run(step: Step, session: Session, dialect: Dialect) -> Generator[Wait, None, int]:
    session.line = step.line
    reaction = session.taught(step.text)
    if reaction is not None:
        return (yield from _react(reaction, session))
    given, *arguments = step.words(session)
    name = dialect.fold(given)
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


def _react(reaction: Reaction, session: Session) -> Generator[Wait, None, int]:
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
