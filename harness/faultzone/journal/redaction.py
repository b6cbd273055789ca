"""What must not be written down: one table of rules for every journal, report, log and message.

Hidden are passwords, keys and tokens by their names, also misspelt and wherever they are nested; user data; the
contents of files; what is given for a command's parameters; and what a URL or a script carries of them. Ids and names
stay.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Mapping
from difflib import SequenceMatcher
from itertools import pairwise
from typing import Any, Final

from faultzone.errors import UsageError

#: What stands where something is hidden.
HIDDEN: Final = "***"

#: A name that has one of these in it is that of a secret; letters' case, `_` and `-` make no difference.
_PARTS: Final = (
    "password", "passwd", "passphrase", "passcode", "secret", "token", "privatekey", "apikey", "credential", "userdata",
    "activationcode",
)  # fmt: skip
#: So is a name of which one of these is a word.
_WORDS: Final = frozenset({"pw", "pwd", "pass", "passwort", "psw", "authorization", "cookie", "signature"})
#: So is a name with a word that is this close to one of these.
_CLOSE: Final = {"password": 0.8, "passwd": 0.85, "secret": 0.85}
#: Whole names: contents of files.
_CONTENTS: Final = frozenset({"content", "filecontent"})
#: Whole names: scripts. They are shown without the secrets that they quote.
_SCRIPTS: Final = frozenset({"commandcontent", "script", "command"})
#: Whole names that a reader needs, whatever they have in them.
_NEEDED: Final = frozenset({"clienttoken", "nexttoken", "passwordinherit"})
#: What is given for parameters: the names stay.
_GIVEN: Final = "parameters"
#: The same in the query of a URL.
_IN_QUERIES: Final = frozenset({"key", "sig", "sign", "auth", "hmac"})

_SPLIT: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_USER: Final = re.compile(r"(?<=://)[^/?#\s]+@")
_BEFORE_HOST: Final = re.compile(r"^(\w+:)?(/*).*@", re.DOTALL)
_NAMED: Final = re.compile(
    r"""(?<!\w)(?P<name>(?:(?:private|api)-)?\w++)(?:\.\d+)?\\*["']?[ \t]{0,4}[=:]\s?[ \t]{0,3}"""
)
_SAID: Final = re.compile(
    r"""[bru]?(?P<quote>\\*["'])(?:(?!(?P=quote))(?:\\.|.))*(?P=quote)?"""
    r"""|(?:(?:basic|bearer|digest|negotiate|token)[ ])?[^\s&;,)\]}"'\\]+""",
    re.IGNORECASE,
)
#: Headers of several words: all of the line is said.
_LINE: Final = re.compile(r"[^\r\n\"'\\]+")
_LINES: Final = frozenset({"authorization", "cookie"})

_PLAIN, _HIDE, _HIDE_INSIDE, _HIDE_QUOTED = range(4)
#: What is known of names that were met: few, and short, whoever sends which.
_known: Final[dict[str, int]] = {}
#: Of these, those that nothing is hidden of.
_plain: Final[set[str]] = set()
_KNOWN_MOST: Final = 4096
_NAME_MOST: Final = 64

_DEPTH: Final = 32
_JSON_MOST: Final = 1 << 16
_SCRIPT_MOST: Final = 1 << 16
_BITS: Final = 1024


def is_secret(name: str) -> bool:
    """Whether what has this name must not be written down, such as `Password`, `db_passwd` or `Passwrod`."""
    return _rule(name) == _HIDE


def _rule(name: str) -> int:
    """The rule for what has this name."""
    rule = _known.get(name)
    if rule is None:
        rule = _judge(name)
        if len(name) <= _NAME_MOST and len(_known) < _KNOWN_MOST:
            _known[name] = rule
            if rule == _PLAIN:
                _plain.add(name)
    return rule


def _judge(name: str) -> int:
    first, dot, _ = name.partition(".")
    if dot and first.lower() == _GIVEN:
        return _HIDE
    # `Password.1` is one of several passwords.
    parts = [part for part in name[-4 * _NAME_MOST :].split(".") if part and not part.isdigit()]
    # What is in a structure of secrets is one: `Credentials.1.Value`.
    if any(_rule(part) == _HIDE for part in parts[:-1]):
        return _HIDE
    words = [word.lower() for word in _SPLIT.findall(parts[-1] if parts else "")]
    whole = "".join(words)
    if whole in _NEEDED:
        return _PLAIN
    if whole == _GIVEN:
        return _HIDE_INSIDE
    if whole in _SCRIPTS:
        return _HIDE_QUOTED
    if whole in _CONTENTS or not _WORDS.isdisjoint(words) or any(part in whole for part in _PARTS):
        return _HIDE
    pairs = [one + other for one, other in pairwise(words)]
    close = any(
        SequenceMatcher(None, word, known).ratio() >= least
        for word in words + pairs
        if 5 <= len(word) <= 12
        for known, least in _CLOSE.items()
    )
    return _HIDE if close else _PLAIN


def text(said: str) -> str:
    """A message without the secrets that it quotes: `name=value` of a secret's name, and what URLs carry."""
    if "=" not in said and ":" not in said:
        return said
    said = _USER.sub(f"{HIDDEN}@", said)
    kept: list[str] = []
    end = 0
    for found in _NAMED.finditer(said):
        name = found["name"]
        in_query = said[max(0, found.start() - 1) : found.start()] in ("?", "&")
        if found.start() < end or not (is_secret(name) or (in_query and name.lower() in _IN_QUERIES)):
            continue
        if value := _SAID.match(said, found.end()):
            quote = value["quote"] or ""
            if not quote and name.lower() in _LINES and found[0].rstrip().endswith(":"):
                value = _LINE.match(said, found.end()) or value
            kept += said[end : found.end()], quote, HIDDEN, quote
            end = value.end()
    return "".join([*kept, said[end:]])


def url(given: str) -> str:
    """What was given for a URL, perhaps none, without name and password."""
    return text(_BEFORE_HOST.sub(rf"\1\2{HIDDEN}@", given))


def script(said: str) -> str:
    """A script, as it is or in Base64, without the secrets that it quotes."""
    if len(said) <= _SCRIPT_MOST:
        try:
            read = base64.b64decode(said, validate=True).decode()
        except ValueError:
            return text(said)
        kept = text(read)
        return said if kept == read else base64.b64encode(kept.encode()).decode()
    return text(said)


def recorded(values: Mapping[str, Any], what: str = "parameters") -> dict[str, Any]:
    """A copy of the parameters of a call, or the arguments of a control verb, as it may be kept and written down.

    It shares no list or mapping with the original: whoever holds the one cannot change the other.

    Raises:
        UsageError: a name is no text, a whole number is huge, or the nesting has no end: the text says which, and what
            to write.
    """
    if type(values) is not dict and not isinstance(values, Mapping):
        raise UsageError(f"{what}={quoted(values)}: expected a mapping of names to values")
    return {
        name: value
        if type(value) is str and name in _plain and not ("://" in value or "{" in value)
        else _value(name, value, (what,), 0)
        for name, value in values.items()
    }


def hidden(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of something whose names say what must not be written down; structures are not looked into."""
    return {
        name: HIDDEN if value and name not in _plain and is_secret(name) else value for name, value in fields.items()
    }


def noted(data: Mapping[str, Any]) -> dict[str, Any]:
    """What the harness says of something, as it may be written down: the secrets that its texts quote are hidden."""
    return {name: text(value) if type(value) is str else value for name, value in data.items()}


def hide(said: str, secrets: Iterable[str]) -> str:
    """A text without these secrets; what is shorter than four characters is none."""
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) >= 4:
            said = said.replace(secret, HIDDEN)
    return said


#: Where a value is: its name, and the place of what it is in.
_Place = tuple[Any, ...]


def _path(place: _Place) -> str:
    """A place for a message; the outermost names what is recorded."""
    names: list[str] = []
    while len(place) == 2:
        names.append(str(place[1]))
        place = place[0]
    return ".".join(reversed(names))[:60] or str(place[0])


def _no_name(name: object, place: _Place) -> UsageError:
    plain = f", such as {str(name)!r}" if isinstance(name, bool | int | float) and _is_short(name) else ""
    return UsageError(f"{_path(place)}: expected text as a name{plain}, got {quoted(name)} ({type(name).__name__})")


def _is_short(number: float) -> bool:
    return not isinstance(number, int) or number.bit_length() <= _BITS


def quoted(value: object, most: int = 60) -> str:
    """A value as text for a message, at most `most` characters long, the same in every run. Never raises, whatever
    the value's class does."""
    if isinstance(value, int) and not _is_short(value):
        return f"a whole number of {value.bit_length()} bits"
    try:
        shown = text(_in_order(value))
    except Exception:  # Of a class of the caller's.
        return f"a {type(value).__name__}"
    return shown if len(shown) <= most else f"{shown[: most - 3]}..."


def _in_order(value: object) -> str:
    """What `repr` says, with the items of a set sorted: theirs is another order in each process."""
    if type(value) not in (set, frozenset) or not value:
        return repr(value)
    assert isinstance(value, set | frozenset)
    items = "{" + ", ".join(sorted(map(repr, value))) + "}"
    return items if type(value) is set else f"frozenset({items})"


def _value(name: object, value: Any, place: _Place, depth: int) -> Any:
    """What has this name in a structure, as it may be written down; what is hidden has to be plain as well."""
    if not isinstance(name, str):
        raise _no_name(name, place)
    if value is None or value is True or value is False:
        return value
    rule = _rule(name)
    if rule == _HIDE and isinstance(value, bytes | bytearray):  # Of a file, in process.
        return HIDDEN
    kept = _copy(value, (place, name), depth)
    if rule == _HIDE_QUOTED:
        return script(kept) if isinstance(kept, str) else kept
    if rule == _PLAIN or kept == "":
        return kept
    if rule == _HIDE_INSIDE:
        if isinstance(kept, dict):
            return dict.fromkeys(kept, HIDDEN)
        given = _read(value) if isinstance(value, str) else None
        if isinstance(given, dict):
            return json.dumps(dict.fromkeys(given, HIDDEN), ensure_ascii=False)
    return HIDDEN


def _copy(value: Any, place: _Place, depth: int) -> Any:
    kind = type(value)
    if kind is str:
        return _shown(value) if "://" in value or "{" in value else value
    if kind is bool or value is None:
        return value
    if kind is int or kind is float:  # Before the others: to ask whether it is a mapping takes long.
        return _rare(value, place)
    if kind is dict or isinstance(value, Mapping):
        _check_depth(place, depth)
        return {
            name: each
            if type(each) is str and name in _plain and not ("://" in each or "{" in each)
            else _value(name, each, place, depth + 1)
            for name, each in value.items()
        }
    if kind is list or isinstance(value, list | tuple):
        _check_depth(place, depth)
        return [
            each
            if type(each) is str and not ("://" in each or "{" in each)
            else _copy(each, (place, number), depth + 1)
            for number, each in enumerate(value, 1)
        ]
    return _rare(value, place)


def _check_depth(place: _Place, depth: int) -> None:
    if depth >= _DEPTH:
        raise UsageError(f"{_path(place)}: expected at most {_DEPTH} levels; it has more, or contains itself")


def _rare(value: object, place: _Place) -> object:
    """A number, or what is rarely met."""
    if isinstance(value, int):
        if not _is_short(value):
            raise UsageError(f"{_path(place)}: expected a whole number of at most 64 bits, got {quoted(value)}")
        return value
    if isinstance(value, float):
        return value
    if isinstance(value, str):
        return _shown(str.__str__(value))
    # Whoever reads it refuses it; the record must not hold what others may change.
    return f"<{type(value).__name__} {getattr(value, '__name__', '')}".rstrip() + ">"


def _shown(value: str) -> str:
    """A text that is the value of something, without what is hidden in it: in a URL, or in JSON."""
    if "://" in value:
        value = text(value)
    if "{" not in value or value.lstrip()[:1] not in ("{", "["):
        return value
    given = _read(value)
    try:
        kept = _copy(given, ("",), 1)
    except UsageError:  # As text it can be sent: whoever reads it refuses it.
        kept = None
    if kept is None:
        return text(value)
    return value if kept == given else json.dumps(kept, ensure_ascii=False)


def _read(value: str) -> Any:
    """What JSON text holds; None where it is none, or too long to be looked at."""
    try:
        return json.loads(value) if len(value) <= _JSON_MOST else None
    except (ValueError, RecursionError):
        return None
