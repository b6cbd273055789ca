"""Both loops that endpoints are served by, for the tests of a module that imports this fixture."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from faultzone.listen.server import Loop


@pytest.fixture(scope="module", params=["uvloop", "asyncio"], autouse=True)
def both_loops(request: pytest.FixtureRequest) -> Iterator[None]:
    """The endpoints of this module are served by the fast loop first, then by the one of a plain install."""
    with pytest.MonkeyPatch.context() as patch:
        if request.param == "asyncio":
            patch.setitem(sys.modules, "uvloop", None)
        patch.setattr(Loop, "_current", None)
        assert type(Loop.current().loop).__module__.startswith(request.param)
        yield
