"""The shell of Linux guests: sequences of simple commands, with quotes, `~` and what is known of the environment.

Pipes, redirection but to the console, assignments, substitution, patterns and what else changes how a command runs are
not understood.
"""

from __future__ import annotations

import re
from functools import lru_cache, partial
from typing import Final, NamedTuple

from faultzone.substrate.printf import echo, printf
from faultzone.substrate.shell import Dialect, NotUnderstood, Program, ScriptEnds, Session, Step
from faultzone.substrate.systems import absolute

_TOKEN: Final = re.compile(
    r"""(?P<blank>[ \t]+|\\\n) | (?P<comment>\#[^\n]*) | (?P<operator>&&|\|\||[;\n&|<>()`])
    | (?P<word>(?:\\.|'[^']*'|"(?:\\.|[^"\\])*"|[^ \t\n;&|<>()'"`\\])+)""",
    re.VERBOSE | re.DOTALL,
)
#: What sends the output of a command to the console (instance/console-output).
_CONSOLE: Final = re.compile(r"[ \t]>{1,2}[ \t]*/dev/console[ \t]*(?=[;\n&|]|$)")
_PIECE: Final = re.compile(r"""\\(.)|'([^']*)'|"((?:\\.|[^"\\])*)"|([^\\'"]+)""", re.DOTALL)
_VARIABLE: Final = re.compile(r"\$(?:(\w+|\?)|\{(\w+|\?)\})")
_KEYWORDS: Final = frozenset(
    "if then else elif fi for while until do done case esac function select coproc time { } [[ !".split()
)
_INTERPRETER: Final = re.compile(r"#![ \t]*/(?:usr/)?bin/(?:env[ \t]+)?(sh|bash)[ \t]*")


class _Part(NamedTuple):
    """A piece of a word: text, or the name of a variable."""

    text: str
    variable: bool = False
    quoted: bool = False


def runs_in_bash(script: str) -> bool:
    """Whether the first line of a script asks for bash."""
    match = _INTERPRETER.fullmatch(script.split("\n", 1)[0])
    return match is not None and match[1] == "bash"


@lru_cache(maxsize=256)
def _steps(script: str) -> tuple[Step, ...]:
    first_line = script.split("\n", 1)[0]
    if first_line.startswith("#!") and not _INTERPRETER.fullmatch(first_line):
        raise NotUnderstood(repr(first_line))
    steps: list[Step] = []
    words: list[tuple[_Part, ...]] = []
    after, first, begun, last, position, line = "", 0, 1, 0, 0, 1
    to_console = False
    while position <= len(script):
        if words and (console := _CONSOLE.match(script, position)) is not None:
            to_console, position = True, console.end()
            last = position
            continue
        token = _TOKEN.match(script, position) if position < len(script) else None
        if token is None and position < len(script):
            raise NotUnderstood(f"the quote that line {line} does not close")
        kind, text = ("operator", "\n") if token is None else (token.lastgroup, token.group())
        if kind == "operator":
            if text not in (";", "\n", "&&", "||") or (text != "\n" and not words):
                raise NotUnderstood(f"{text!r} in line {line}")
            if words:
                text_of = script[first:last].rstrip()
                steps.append(Step(after, text_of, begun, partial(_expanded, tuple(words)), to_console))
                after, to_console = text, False
            elif token is None and after in ("&&", "||"):
                raise NotUnderstood(f"a script that ends with {after}")
            # A line may end in && or ||: what it joins follows.
            words = []
        elif kind == "word":
            if not words and text in _KEYWORDS:
                raise NotUnderstood(repr(text))
            if not words:
                first, begun = position, line
            last = position + len(text)
            words.append(_parts(text, first=not words))
        line += text.count("\n")
        position += len(text)
    return tuple(steps)


def _parts(word: str, *, first: bool) -> tuple[_Part, ...]:
    if first and re.match(r"[A-Za-z_]\w*(\[[^]]*\])?\+?=", word):
        raise NotUnderstood("variables")
    found: list[_Part] = []
    for escaped, single, double, bare in _PIECE.findall(word):
        if bare:
            found += _bare(bare, whole=word, leads=not found)
        elif double:
            found += _with_variables(double, quoted=True)
        else:
            found.append(_Part("" if escaped == "\n" else escaped or single, quoted=True))
    return tuple(found) or (_Part("", quoted=True),)


def _bare(text: str, *, whole: str, leads: bool) -> list[_Part]:
    """The parts of a piece without quotes."""
    if (re.search(r"[*?[]", re.sub(_VARIABLE, "", text)) and whole != "[") or "$'" in whole or '$"' in whole:
        raise NotUnderstood(f"the pattern {whole!r}")
    within = whole.partition("{")[2].rpartition("}")[0]
    if "," in within or ".." in within:
        raise NotUnderstood(f"the braces of {whole!r}")
    if re.search(r"[=:]~", text):
        raise NotUnderstood(f"the ~ of {whole!r}")
    if leads and text.startswith("~"):
        if not re.fullmatch(r"~(/.*)?", text, re.DOTALL) or (text == "~" != whole):
            raise NotUnderstood(f"the ~ of {whole!r}")
        return [_Part("HOME", variable=True, quoted=True), *_with_variables(text[1:], quoted=False)]
    return _with_variables(text, quoted=False)


def _with_variables(text: str, *, quoted: bool) -> list[_Part]:
    """Text and variables, in turn."""
    found, position = [], 0
    for match in re.finditer(r"\\(.)|`|\$", text, re.DOTALL):
        if match.start() < position:
            continue
        before = text[position : match.start()]
        position = match.end()
        if match[1] is not None:
            kept = match[1] if match[1] in '"\\$`' else "" if match[1] == "\n" else match[0]
            found.append(_Part(before + kept, quoted=quoted))
            continue
        variable = _VARIABLE.match(text, match.start())
        if variable is None and (match[0] == "`" or re.match(r"[\w({\[!@*#$\-?'\"]", text[position : position + 1])):
            raise NotUnderstood("variables and substitution")
        found.append(_Part(before if variable else before + "$", quoted=quoted))
        if variable is not None:
            found.append(_Part(variable[1] or variable[2], variable=True, quoted=quoted))
            position = variable.end()
    return [*found, _Part(text[position:], quoted=quoted)]


def _expanded(words: tuple[tuple[_Part, ...], ...], session: Session) -> list[str]:
    return ["".join(_value(part, session) for part in word) for word in words]


def _value(part: _Part, session: Session) -> str:
    if not part.variable:
        return part.text
    value = str(session.code) if part.text == "?" else session.variable(part.text)
    if value is None or (not part.quoted and not re.fullmatch(r"[^\s*?[\\]+", value)):
        raise NotUnderstood(f"the variable ${part.text}")
    return value


def _exit(session: Session, arguments: list[str]) -> int:
    code = arguments[0] if arguments else str(session.code)
    if len(arguments) > 1 or len(code) > 15 or (session.plain_sh and not re.fullmatch(r"[0-9]+", code)):
        raise NotUnderstood.of("exit", arguments)
    if not re.fullmatch(r"[-+]?[0-9]+", code):
        if not re.fullmatch(r"[A-Za-z]+", code):
            raise NotUnderstood.of("exit", arguments)
        session.write(f"{session.name}: line {session.line}: exit: {code}: numeric argument required\n")
        code = "2"
    raise ScriptEnds(int(code) & 255)


def _cd(session: Session, arguments: list[str]) -> int:
    if len(arguments) > 1 or (arguments and not re.match(r"/(?!/)|[^-/]", arguments[0])):
        raise NotUnderstood.of("cd", arguments)
    given = arguments[0] if arguments else session.variable("HOME")
    path = None if given is None else absolute(given, session.directory)
    there = None if path is None else session.has_directory(path)
    if path is None or there is None or (there and session.user != "root" and path.startswith("/root")):
        raise NotUnderstood.of("cd", arguments)
    if not there and not (arguments[0].isascii() and arguments[0].isprintable()):
        raise NotUnderstood.of("cd", arguments)  # Bash shows such names in ways of its own.
    if not there:
        if session.plain_sh:
            session.write(f"{session.name}: {session.line}: cd: can't cd to {given}\n")
            return 2
        session.write(f"{session.name}: line {session.line}: cd: {given}: No such file or directory\n")
        return 1
    session.directory = path
    return 0


def _pwd(session: Session, arguments: list[str]) -> int:
    if arguments not in ([], ["-L"]):
        raise NotUnderstood.of("pwd", arguments)
    session.write(session.directory + "\n")
    return 0


_ESCAPED: Final = {
    "\a": r"\a", "\b": r"\b", "\t": r"\t", "\n": r"\n", "\v": r"\v", "\f": r"\f", "\r": r"\r", "\x1b": r"\E",
}  # fmt: skip

_COMPARE: Final = {
    "-eq": lambda a, b: a == b,
    "-ne": lambda a, b: a != b,
    "-lt": lambda a, b: a < b,
    "-le": lambda a, b: a <= b,
    "-gt": lambda a, b: a > b,
    "-ge": lambda a, b: a >= b,
}


def _test(name: str) -> Program:
    def program(session: Session, arguments: list[str]) -> int:
        if name == "[" and arguments[-1:] != ["]"]:
            raise NotUnderstood.of(name, arguments)
        given = arguments[:-1] if name == "[" else arguments
        holds = _holds(given, session)
        if holds is None:
            raise NotUnderstood.of(name, arguments)
        return 0 if holds else 1

    return program


def _holds(given: list[str], session: Session) -> bool | None:
    """Whether an expression of `test` holds; None where that is not known. How many words there are decides first."""
    if len(given) < 2:
        return bool(given and given[0])
    if len(given) == 2:
        operator, value = given
        if operator == "-d":
            return session.has_directory(absolute(value, session.directory)) if value else False
        return {"!": not value, "-n": bool(value), "-z": not value}.get(operator)
    if (len(given) == 3 and given[1] in ("=", "!=")) or (given[1] == "==" and not session.plain_sh and len(given) == 3):
        return (given[0] == given[2]) is (given[1] != "!=")
    if len(given) == 3 and given[1] in _COMPARE:
        if not all(re.fullmatch(r"[+-]?[0-9]{1,15}", each) for each in (given[0], given[2])):
            return None
        return bool(_COMPARE[given[1]](int(given[0]), int(given[2])))
    if len(given) in (3, 4) and given[0] == "!" and (len(given) == 4 or given[1] not in ("-a", "-o")):
        inner = _holds(given[1:], session)
        return None if inner is None else not inner
    return None


def not_found(session: Session, name: str, why: str = "command not found") -> str:
    """What a shell writes where a name stands for nothing; bash quotes what cannot be printed."""
    if not name.isascii() or (session.plain_sh and name in ("", "..")):
        raise NotUnderstood(f"how a shell shows {name!r}")  # In ways that depend on the locale, or on its version.
    if session.plain_sh:
        return f"{session.name}: {session.line}: {name}: not found\n"
    shown = name if name.isprintable() else "$'" + "".join(map(_escaped, name)) + "'"
    return f"{session.name}: line {session.line}: {shown}: {why}\n"


def _escaped(character: str) -> str:
    if character in "\\'":
        return f"\\{character}"
    return character if character.isprintable() else _ESCAPED.get(character) or f"\\{ord(character):03o}"


#: What every such shell has built in beside them.
NOT_KNOWN: Final = frozenset(
    ". alias bg bind break builtin caller command compgen complete compopt continue declare dirs disown enable eval "
    "exec export fc fg getopts hash help history jobs kill let local logout mapfile popd pushd read readarray readonly "
    "return set shift shopt source suspend times type typeset ulimit umask unalias unset wait".split()
)


def _not_known(name: str) -> Program:
    def program(session: Session, arguments: list[str]) -> int:
        raise NotUnderstood(repr(name))

    return program


def _trap(session: Session, arguments: list[str]) -> int:
    """Signals that are not to be heeded: none is ever sent here."""
    if arguments[:1] != [""]:
        raise NotUnderstood("'trap'")
    return 0


BASH: Final = Dialect(
    _steps,
    {
        **{name: _not_known(name) for name in NOT_KNOWN},
        "echo": echo,
        "printf": printf,
        "true": lambda session, arguments: 0,
        ":": lambda session, arguments: 0,
        "false": lambda session, arguments: 1,
        "exit": _exit,
        "cd": _cd,
        "trap": _trap,
        "pwd": _pwd,
        "test": _test("test"),
        "[": _test("["),
    },
    not_found,
    127,
    str,
)
