"""Unmodified clients that are told nothing but keys and a region: none may come to do less than it did."""

from __future__ import annotations

import os

import pytest

from tests.clients.ran import FLOWS, PAGE, load, page_with, run
from tests.programs.test_program import has_namespaces

#: Where this is set, a client that is not there is a failure.
REQUIRED = "FAULTZONE_REQUIRE_CLIENTS"


@pytest.mark.slow
@pytest.mark.clients
@pytest.mark.parametrize("name", FLOWS)
def test_a_client_does_what_it_did(name: str) -> None:
    flow = FLOWS[name]
    lacking = flow.home.install() if has_namespaces() else "this kernel makes no namespaces here"
    if lacking:
        (pytest.fail if os.environ.get(REQUIRED) else pytest.skip)(lacking)
    before, done = load()[name], run(flow)
    assert {*done.failed} <= {*before["failed"]}
    assert len(done.steps) - len(done.failed) >= before["passed"]


def test_each_client_has_run() -> None:
    assert load().keys() == FLOWS.keys(), "python -m tests.clients.ran runs those that have not"


def test_the_tables_have_what_ran() -> None:
    assert PAGE.read_text("utf-8") == page_with(load()), "python -m tests.clients.ran makes them anew"
