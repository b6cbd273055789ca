"""What scripted guests understand of a script: three small shells in which time is a value.

    for wait in execute(script, session): ...

A shell knows sequences of simple commands; `Session` knows the programs. What a shell does not understand (pipes,
variables, redirection) ends the script with a message that says how to teach it, never with a wrong result.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NamedTuple, Protocol

from faultzone.clock import Duration, milliseconds
from faultzone.errors import UsageError

#: How long a step takes, in milliseconds; None is for ever.
Wait = int | None
#: Gives the answer of a service to a request. It may raise ConnectionRefusedError or TimeoutError, as a service that
#: has died or hangs would be met with.
Answer = Callable[[bytes], bytes]
#: A program takes its arguments and gives its exit code, or how long it takes before it ends with 0.
Program = Callable[["Session", list[str]], "int | Takes"]


class Takes(NamedTuple):
    """A program that takes its time and ends with 0."""

    ms: Wait


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


class _Exit(Exception):
    """The script ends here, with the code that is its argument."""


class _NotUnderstood(Exception):
    """The script uses what the shell does not know; the argument says what."""


class Step(NamedTuple):
    """One simple command: its words, its text, and what stood before it: `&&`, `||`, or nothing that decides."""

    after: str
    words: tuple[str, ...]
    text: str
    line: int


class Session(Protocol):
    """A shell that runs in a guest."""

    kind: str
    name: str

    def write(self, output: str | bytes) -> None:
        """Put out text or bytes."""
        ...

    def taught(self, text: str) -> Reaction | None:
        """How a command of this text was taught to behave."""
        ...

    def program(self, name: str) -> Program | None:
        """What a name stands for in this guest."""
        ...

    def serve(self, port: int, answer: Answer) -> bool:
        """Serve at a port in the background; False where something does already."""
        ...


def execute(script: str, session: Session) -> Generator[Wait, None, int]:
    """Run a script, handing out each wait; its value is the exit code.

    Raises:
        Crashed: a taught command broke the run.
    """
    dialect = _DIALECTS[session.kind]
    reaction = session.taught(script.strip())
    if reaction is not None:
        return (yield from _react(reaction, session))
    code = 0
    try:
        for step in dialect.steps(script):
            if (step.after == "&&" and code) or (step.after == "||" and not code):
                continue
            code = yield from _run(step, session, dialect)
    except _Exit as ended:
        return int(ended.args[0])
    except _NotUnderstood as unknown:
        session.write(
            f"this guest does not understand {unknown}; teach it the script: region.guest({script.strip()!r}, ...)\n"
        )
        return 2
    return code


def _run(step: Step, session: Session, dialect: _Dialect) -> Generator[Wait, None, int]:
    reaction = session.taught(step.text)
    if reaction is not None:
        return (yield from _react(reaction, session))
    name, *arguments = step.words
    program = dialect.builtins.get(dialect.fold(name)) or session.program(dialect.fold(name))
    if program is None:
        if dialect.fold(name) in dialect.not_known:
            raise _NotUnderstood(repr(name))
        session.write(dialect.not_found.format(script=session.name, line=step.line, name=name))
        return dialect.not_found_code
    result = program(session, arguments)
    if isinstance(result, Takes):
        yield result.ms
        return 0
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


# The shell of Linux

_TOKEN: Final = re.compile(
    r"""(?P<blank>[ \t]+|\\\n) | (?P<comment>\#[^\n]*) | (?P<operator>&&|\|\||[;\n&|<>()`])
    | (?P<word>(?:\\.|'[^']*'|"(?:\\.|[^"\\])*"|[^ \t\n;&|<>()'"`\\])+)""",
    re.VERBOSE | re.DOTALL,
)
_PART: Final = re.compile(r"""\\(.)|'([^']*)'|"((?:\\.|[^"\\])*)"|([^\\'"]+)""", re.DOTALL)
_KEYWORDS: Final = frozenset("if then else elif fi for while until do done case esac function { } [[ !".split())


@lru_cache(maxsize=256)
def _shell_steps(script: str) -> tuple[Step, ...]:
    steps: list[Step] = []
    words: list[str] = []
    after, first, last, position, line = "", 0, 0, 0, 1
    while position <= len(script):
        token = _TOKEN.match(script, position) if position < len(script) else None
        if token is None and position < len(script):
            raise _NotUnderstood(f"the quote that line {line} does not close")
        kind, text = ("operator", "\n") if token is None else (token.lastgroup, token.group())
        if kind == "operator":
            if text not in (";", "\n", "&&", "||"):
                raise _NotUnderstood(repr(text))
            # A line may end in && or ||: what it joins follows.
            if words or text != "\n":
                steps += [Step(after, tuple(words), script[first:last], line)] if words else []
                after = text
            words = []
        elif kind == "word":
            if not words and text in _KEYWORDS:
                raise _NotUnderstood(repr(text))
            first, last = first if words else position, position + len(text)
            words.append(_unquoted(text))
        line += text.count("\n")
        position += len(text)
    return tuple(steps)


def _unquoted(word: str) -> str:
    if re.match(r"[A-Za-z_]\w*=", word):
        raise _NotUnderstood("variables")
    parts = []
    for escaped, single, double, bare in _PART.findall(word):
        if re.search(r"\$[\w({?!@*#]|`", double + bare):
            raise _NotUnderstood("variables and substitution")
        parts.append(escaped or single or re.sub(r'\\(["\\$`])', r"\1", double) or bare)
    return "".join(parts)


def _echo(session: Session, arguments: list[str]) -> int:
    newline, escapes = True, False
    while arguments and arguments[0] in ("-n", "-e"):
        newline, escapes = newline and arguments[0] != "-n", escapes or arguments[0] == "-e"
        arguments = arguments[1:]
    text = " ".join(arguments)
    session.write((_unescaped(text) if escapes else text) + ("\n" if newline else ""))
    return 0


def _unescaped(text: str) -> str:
    named = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\"}
    return re.sub(r"\\([ntr\\])", lambda match: named[match[1]], text)


def _printf(session: Session, arguments: list[str]) -> int:
    if not arguments:
        session.write("printf: usage: printf format [arguments]\n")
        return 2
    form, values = _unescaped(arguments[0]), iter(arguments[1:])
    session.write(re.sub(r"%[sd%]", lambda match: "%" if match[0] == "%%" else next(values, ""), form))
    return 0


def _sleep(session: Session, arguments: list[str]) -> int | Takes:
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([smhd]?)|infinity", arguments[0]) if len(arguments) == 1 else None
    if match is None:
        session.write(f"sleep: invalid time interval {' '.join(arguments)!r}\n")
        return 1
    return Takes(None if match[1] is None else milliseconds(f"{match[1]}{match[2] or 's'}"))


def _exit(session: Session, arguments: list[str]) -> int:
    code = arguments[0] if arguments else "0"
    if not re.fullmatch(r"-?\d+", code):
        session.write(f"{session.name}: exit: {code}: numeric argument required\n")
        code = "2"
    raise _Exit(int(code) & 255)


# The shells of Windows


def _line_steps(separator: str, comment: str) -> Callable[[str], list[Step]]:
    """The steps of a shell whose commands are lines, with separators in them."""

    def steps(script: str) -> list[Step]:
        found = []
        for number, line in enumerate(script.replace("\r", "").split("\n"), 1):
            after = ""
            for part in re.split(separator, line):
                text = part.strip().removeprefix("@")
                if part in ("&", "&&", "||", ";"):
                    after = part
                elif text and not text.lower().startswith(comment):
                    if re.search(r"[|<>%$]", text):
                        raise _NotUnderstood(repr(text))
                    words = re.findall(r'"[^"]*"|\'[^\']*\'|\S+', text)
                    found.append(Step(after, tuple(word.strip("\"'") for word in words), text, number))
        return found

    return steps


def _bat_echo(session: Session, arguments: list[str]) -> int:
    if [word.lower() for word in arguments] not in (["off"], ["on"]):
        session.write(" ".join(arguments) + "\r\n")
    return 0


def _bat_exit(session: Session, arguments: list[str]) -> int:
    numbers = [word for word in arguments if word.lower() != "/b"]
    raise _Exit(int(numbers[0]) if numbers and re.fullmatch(r"-?\d+", numbers[0]) else 0)


def _option_seconds(option: str) -> Program:
    """A program that waits for the seconds that come with an option, or alone."""

    def wait(session: Session, arguments: list[str]) -> int | Takes:
        numbers = [word for word in arguments if word.isdigit()]
        if not numbers or any(word.startswith(("/", "-")) and word.lower() not in option for word in arguments):
            session.write(f"Invalid syntax: {' '.join(arguments)}\r\n")
            return 1
        return Takes(int(numbers[0]) * 1000)

    return wait


def _write_line(session: Session, arguments: list[str]) -> int:
    session.write(" ".join(arguments) + "\r\n")
    return 0


@dataclass(frozen=True)
class _Dialect:
    steps: Callable[[str], Sequence[Step]]
    builtins: Mapping[str, Program]
    not_found: str
    not_found_code: int
    #: What every such shell has, so that it is never not found; it is not known here.
    not_known: frozenset[str]
    fold: Callable[[str], str] = str.lower


_DIALECTS: Final = {
    "RunShellScript": _Dialect(
        _shell_steps,
        {
            "echo": _echo,
            "printf": _printf,
            "sleep": _sleep,
            "true": lambda session, arguments: 0,
            ":": lambda session, arguments: 0,
            "false": lambda session, arguments: 1,
            "exit": _exit,
        },
        "{script}: line {line}: {name}: command not found\n",
        127,
        frozenset(
            ". [ alias bg break builtin cd command continue declare eval exec export fg getopts hash jobs kill let "
            "local popd pushd read readonly return set shift source test times trap type ulimit umask unalias unset "
            "wait".split()
        ),
        str,
    ),
    "RunBatScript": _Dialect(
        _line_steps(r"(&&|\|\||&)", "rem "),
        {"echo": _bat_echo, "exit": _bat_exit, "timeout": _option_seconds("/t /nobreak")},
        "'{name}' is not recognized as an internal or external command,\r\noperable program or batch file.\r\n",
        9009,
        frozenset("call cd chdir copy del dir erase for goto if md mkdir move popd pushd rd ren set type ver".split()),
    ),
    "RunPowerShellScript": _Dialect(
        _line_steps(r"(;)", "#"),
        {
            "echo": _write_line,
            "write-output": _write_line,
            "write-host": _write_line,
            "start-sleep": _option_seconds("-s -seconds"),
            "exit": _bat_exit,
        },
        "{name} : The term '{name}' is not recognized as the name of a cmdlet, function or operable program.\r\n",
        1,
        frozenset("if for foreach while switch function try throw return cd set-location".split()),
    ),
}
