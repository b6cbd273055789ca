"""A usage error says what was given, what is allowed, and what to write. Most come from the helpers of `UsageError`."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from faultzone.errors import ShapeError, UsageError
from tests.quality.sources import modules, tree

#: The classes whose texts a user reads to mend a test.
CLASSES = {"UsageError", "ShapeError", "UnknownTarget", "UnknownClause"}
#: A text made by hand ends with one of these: what is allowed, what to write, or why it cannot be.
ADVICE = re.compile(
    r"(: expected |: did you mean |: write |; write |: only |: \{\}|; it takes |: its .* must "
    r"|: it was |: the cloud has "
    r"|: (mark|start|undo|renew|cancel|unlock|rename|give|install|pip install|read|use|name|pass) | lists )"
)
#: Roundabout forms, and the plain one.
ROUNDABOUT = {
    r"\b(there (is|are) no|is no|are no)\b": "unknown NAME, or expected WHAT",
    r"\bshall\b": "must",
    r"\bof its own\b": "its, or a separate one",
    r"\bwhat (is|there|was|has)\b": "the noun",
    r"\btrouble\b": "error, or fault",
}
#: Texts that come from elsewhere: of an answer.
PASSED_ON = {"message", "refusal.code"}


def _text(node: ast.expr) -> str:
    """The text of an expression, with `{}` for each value in it."""
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(part) for part in node.values)
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.BinOp):
        return _text(node.left) + _text(node.right)
    return "{}"


def _raised() -> Iterator[tuple[str, str, str]]:
    """The place, the source and the text of every usage error that is written by hand."""
    for name, path in modules().items():
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in CLASSES:
                yield f"{name}:{node.lineno}", ast.unparse(node.args[0]), _text(node.args[0])


def _helped() -> Iterator[tuple[str, str]]:
    """The place and the texts of every call of a helper."""
    for name, path in modules().items():
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                of = node.func.value
                if isinstance(of, ast.Name) and of.id in CLASSES:
                    given = [*node.args, *(each.value for each in node.keywords)]
                    yield f"{name}:{node.lineno}", " ".join(map(_text, given))


def test_most_usage_errors_come_from_the_helpers() -> None:
    assert len(list(_helped())) > len(list(_raised()))


def test_a_usage_error_says_what_to_write() -> None:
    wrong = [f"{place}: {text}" for place, source, text in _raised() if source not in PASSED_ON]
    assert [each for each in wrong if not ADVICE.search(each)] == []


@pytest.mark.parametrize(("form", "plain"), ROUNDABOUT.items())
def test_a_usage_error_has_no_roundabout_form(form: str, plain: str) -> None:
    texts = [(place, text) for place, _, text in _raised()] + list(_helped())
    assert [f"{place}: {text}: write {plain}" for place, text in texts if re.search(form, text)] == []


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (UsageError.expected("port", 0, "a port"), "port=0: expected a port"),
        (UsageError.expected("port", "x" * 300, "a port"), f"port='{'x' * 196}...: expected a port"),
        (
            UsageError.expected_one_of("clock", "wall", ("virtual", "hybrid")),
            "clock='wall': expected 'virtual' or 'hybrid'",
        ),
        (
            UsageError.expected_one_of("state", "runing", ["running", "stopped", "hung"]),
            "state='runing': did you mean 'running'? expected one of 'running', 'stopped', 'hung'",
        ),
        (
            UsageError.expected_one_of("n", 7, range(40)),
            f"n=7: expected one of {', '.join(map(str, range(30)))} and 10 more",
        ),
        (UsageError.expected_one_of("n", 7, ()), "n=7: expected none, because there are none"),
        (ShapeError.expected_whole("zones", 0, 1, 26), "zones=0: expected a whole number from 1 to 26"),
        (
            UsageError.expected_whole("after", -1, 0, unit="milliseconds"),
            "after=-1: expected a whole number of milliseconds, 0 or more",
        ),
        (UsageError.unknown("event", "e-1"), "unknown event 'e-1'"),
        (
            UsageError.unknown("edition", "2019", ["2019-02"]),
            "unknown edition '2019': did you mean '2019-02'? expected '2019-02'",
        ),
        (
            UsageError.unknown("rule", "x", ["a"], where="in y", see="z lists them"),
            "unknown rule 'x' in y: z lists them",
        ),
        (UsageError.unknown("rule", "ab", ["abc"], see="z lists them"), "unknown rule 'ab': did you mean 'abc'?"),
        (UsageError.unknown("zone", None, ["a"]), "unknown zone None: expected 'a'"),
    ],
    ids=lambda value: value[:20] if isinstance(value, str) else "",
)
def test_a_helper_writes_one_form(error: UsageError, text: str) -> None:
    assert str(error) == text


def test_a_helper_shows_any_value() -> None:
    class Odd:
        def __repr__(self) -> str:
            raise RuntimeError

    assert str(UsageError.expected("port", Odd(), "a port")) == "port=<Odd>: expected a port"
    assert str(UsageError.expected_one_of("port", 7, [Odd(), 10**5000])) == "port=7: expected <Odd> or <int>"
    assert isinstance(ShapeError.expected("zones", 10**5000, "fewer"), ShapeError)


def test_a_helper_writes_one_line_that_moves_no_cursor() -> None:
    class Odd:
        def __repr__(self) -> str:
            return "\x1b[2J\r\n" * 1_000

    shown = str(UsageError.expected("port", Odd(), "a port"))
    assert shown.isprintable()
    assert len(shown) < 300
