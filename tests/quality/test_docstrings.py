"""Paragraphs of docstrings are filled: a change that breaks one in the middle is found."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import pairwise

import pytest

from tests.quality.sources import python_files, relative, tree

SHORT = 30


def broken(docstring: str) -> list[str]:
    """The lines that end early in the middle of a sentence, literal blocks aside."""
    found, literal = [], False
    for line, following in pairwise(docstring.expandtabs().splitlines()):
        text, indent = line.strip(), len(line) - len(line.lstrip())
        literal = text.endswith("::") or (literal and (not text or indent > 0))
        continues = following.strip() and len(following) - len(following.lstrip()) <= indent
        # A drawing has lines of one word: names in a tree.
        is_prose = " " in text and not literal and text[0] != "|" and "  " not in text
        if is_prose and continues and len(text) < SHORT and text[-1] not in ".:;":
            found.append(text)
    return found


def docstrings() -> Iterator[tuple[str, str]]:
    for path in python_files():
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                yield f"{relative(path)}:{getattr(node, 'name', '')}", ast.get_docstring(node) or ""


@pytest.mark.slow
def test_no_paragraph_is_broken_in_the_middle() -> None:
    assert [f"{where}: {line}" for where, text in docstrings() for line in broken(text)] == [], "fill the paragraph"


def test_what_is_broken_is_told_from_what_is_short() -> None:
    prose = "A code that\nneeds its\nown status.\n\nArgs:\n    code: of the wire.\n    name: another.\n\n"
    literal = "Or::\n\n    a b\n    c d\n\n| a | b |\n| c | d |"
    assert broken(prose + literal) == ["A code that", "needs its"]
