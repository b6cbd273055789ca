"""The page of implemented actions says what the code does."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from faultzone import ApiError, make_region, model
from faultzone.api.products import VERSIONS
from faultzone.cli.actions import implemented, products_table, render_markdown
from faultzone.editions import EDITIONS, load, names
from faultzone.model.core.dispatch import NOT_SIMULATED

DOCS = Path(__file__).parents[2] / "docs"
PAGE = DOCS / "actions.md"


def test_the_page_is_what_the_code_says() -> None:
    # To make it anew:
    # python -c 'from faultzone.cli.actions import *; print(render_markdown(), end="")' > docs/actions.md
    assert PAGE.read_text() == render_markdown()


@pytest.mark.parametrize("edition", names())
def test_an_action_is_answered_from_its_edition_on(edition: str) -> None:
    region = make_region(edition=edition, unknown="refuse")
    for product, (name, request) in [(each, way) for each in VERSIONS for way in implemented(each).items()]:
        with pytest.raises(ApiError) as refused:
            region.call(name, product, Nonsense="x")
        expected = "UnsupportedParameter" if load(edition).has(request.since) else "InvalidAction"
        assert (name, refused.value.code) == (name, expected)


def test_an_unknown_action_is_answered_as_one() -> None:
    with pytest.raises(ApiError) as refused:
        make_region().call("MakeCoffee")
    assert (refused.value.code, refused.value.status) == ("InvalidAction", 403)


def test_an_action_that_is_not_simulated_says_why() -> None:
    for (product, name), why in NOT_SIMULATED.items():
        with pytest.raises(ApiError, match=f"not simulated: {why}") as refused:
            make_region().call(name, product)
        assert refused.value.code == "InvalidAction"
        assert f"| {name} | {why} |" in render_markdown()


def _names(folder: Path) -> set[str]:
    """Every attribute that the model reads, and every text that it could read one by."""
    found = set()
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute):
                found.add(node.attr)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.add(node.value)
    return found


def test_a_parameter_that_nothing_reads_is_inert() -> None:
    read = _names(Path(model.__file__).parent)
    declared = {(each, way) for of in VERSIONS for each in implemented(of).values() for way in each.parameters.values()}
    unread = {
        f"{each.__name__}.{way.name}"
        for each, way in declared
        if way.attribute not in read and not (way.inert or way.refused)
    }
    assert unread == set(), (
        "let the model read it, or declare it with inert=, the date of the edition from which on it has no effect"
    )


def test_the_page_says_what_is_inert() -> None:
    page = render_markdown()
    assert "SpotDuration (*inert* before 2026-10)" in page
    assert "CommandContent (*inert* from 2020-12)" in page
    assert set(implemented()["ModifyCommand"].parameters) >= {"CommandContent"}
    assert {way.inert for each in implemented().values() for way in each.parameters.values()} <= {
        None,
        *(each.date for each in EDITIONS),
    }


@pytest.mark.parametrize("page", ["products.md", "zh/products.md"])
def test_the_page_of_products_has_the_table_of_the_code(page: str) -> None:
    """Its head is in the language of the page."""
    rows = products_table().splitlines()[1:]
    written = (DOCS / page).read_text("utf-8").splitlines()
    assert [each for each in written if each in rows] == rows, "write what `products_table()` gives"
