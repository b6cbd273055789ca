"""What is done in one place alone, so that it is done alike everywhere."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator

import pytest

from tests.quality.sources import PACKAGES, relative, tree

MODEL = PACKAGES["faultzone"] / "model"
CONTROL = PACKAGES["faultzone"] / "control"
#: What the room `control` has itself: its objects, its records, an error that it raises, the calls that its faults
#: meet.
OWN = {"self", "record", "other", "part", "error", "calls"}


def _names_a_token(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and node.value == "NextToken"


def _counts_to_a_page(node: ast.AST) -> bool:
    parts = (node.left, node.right) if isinstance(node, ast.BinOp) else ()
    return any(isinstance(each, ast.Attribute) and each.attr in {"page_number", "page_size"} for each in parts)


def _looks_up_a_token(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and node.attr in {"replay", "remember"}


def _places(meets: Callable[[ast.AST], bool]) -> Iterator[str]:
    for path in sorted(MODEL.rglob("*.py")):
        if any(meets(node) for node in ast.walk(tree(path))):
            yield relative(path).removeprefix("harness/faultzone/model/")


@pytest.mark.parametrize(
    ("meets", "only"),
    [
        pytest.param(_names_a_token, "core/listing.py", id="pages by token"),
        pytest.param(_counts_to_a_page, "core/listing.py", id="pages by number"),
        pytest.param(_looks_up_a_token, "core/client_tokens.py", id="client tokens"),
    ],
)
def test_the_model_does_it_in_one_file(meets: Callable[[ast.AST], bool], only: str) -> None:
    assert [*_places(meets)] == [only]


def _set_for_now(node: ast.AST) -> bool:
    """Whether it sets a timer for an instant that it makes from the present one."""
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "call_at"
        and any("now" in (getattr(part, "id", ""), getattr(part, "attr", "")) for part in ast.walk(node.args[0]))
    )


def test_no_timer_of_the_model_is_set_for_the_present() -> None:
    """A timer for an instant that has passed fires when time is next looked at: `Clock.call_at` sees to that."""
    assert [*_places(_set_for_now)] == []


@pytest.mark.parametrize("line", ["clock.call_at(now, go)", "clock.call_at(max(clock.now, due), go)"])
def test_a_timer_for_the_present_is_seen(line: str) -> None:
    assert any(map(_set_for_now, ast.walk(ast.parse(line))))


def _stored(node: ast.AST) -> Iterator[ast.Attribute]:
    """The attributes that a statement sets or deletes, or of which it sets or deletes an item."""
    context = getattr(node, "ctx", None)
    if isinstance(context, ast.Store | ast.Del) and isinstance(node, ast.Attribute | ast.Subscript):
        target = node.value if isinstance(node, ast.Subscript) else node
        if isinstance(target, ast.Attribute):
            yield target


def _holder(node: ast.expr) -> str:
    """The name that an expression begins with."""
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Call):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


def test_what_changes_the_model_is_a_function_of_the_model() -> None:
    wrong = [
        f"{relative(path)}:{node.lineno} sets {ast.unparse(node)}"
        for path in sorted(CONTROL.rglob("*.py"))
        for each in ast.walk(tree(path))
        for node in _stored(each)
        if _holder(node) not in OWN
    ]
    assert wrong == [], "let a function of the model's chapter do it; or add what the room has itself to OWN"


@pytest.mark.parametrize(
    "line", ["event.about = {}", "at.failing[1] = 2", "books(b).ledgers[a].day = 1", "del at.x[1]"]
)
def test_a_store_on_the_model_is_seen(line: str) -> None:
    found = [node for each in ast.walk(ast.parse(line)) for node in _stored(each)]
    assert [_holder(node) in OWN for node in found] == [False]
