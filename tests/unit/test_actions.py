"""The page of implemented actions says what the code does."""

from __future__ import annotations

from pathlib import Path

import pytest

from faultzone import ApiError, make_region
from faultzone.actions import implemented, render_markdown

PAGE = Path(__file__).parents[2] / "docs" / "actions.md"


def test_the_page_is_what_the_code_says() -> None:
    # To make it anew: python -c 'from faultzone.actions import *; print(render_markdown(), end="")' > docs/actions.md
    assert PAGE.read_text() == render_markdown()


@pytest.mark.parametrize("edition", ["2019-02", "2020-12"])
def test_an_action_is_answered_from_its_edition_on(edition: str) -> None:
    region = make_region(edition=edition)
    for name, request in implemented().items():
        with pytest.raises(ApiError) as refused:
            region.call(name, Nonsense="x")
        expected = "InvalidAction" if request.edition > edition else "UnsupportedParameter"
        assert (name, refused.value.code) == (name, expected)


def test_an_unknown_action_is_answered_as_one() -> None:
    with pytest.raises(ApiError) as refused:
        make_region().call("MakeCoffee")
    assert (refused.value.code, refused.value.status) == ("InvalidAction", 403)
