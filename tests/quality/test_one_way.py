"""What is done in one place alone, so that it is done alike everywhere."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator

import pytest

from tests.quality.sources import PACKAGES, relative, tree

MODEL = PACKAGES["faultzone"] / "model"


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
