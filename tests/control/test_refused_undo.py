"""An undo that a backend refuses is not done; one whose target has gone is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from faultzone import AgentOutage, HarnessError, SecurityLock, make_region
from faultzone.errors import UnknownTarget, UsageError
from faultzone.faults import Fault


@pytest.mark.parametrize("kind", [AgentOutage, SecurityLock])
def test_an_undo_that_is_refused_is_still_owed(kind: type[Fault], monkeypatch: pytest.MonkeyPatch) -> None:
    with make_region() as region:
        (instance,) = region.run_instances(1)
        injection = region.chaos.inject(kind(instance.id))  # type: ignore[call-arg]
        asked = region.backend.control

        def refuses(verb: str, arguments: Mapping[str, object]) -> dict[str, Any]:
            if verb == "undo":
                raise UsageError("an argument is missing")
            return asked(verb, arguments)

        monkeypatch.setattr(region.backend, "control", refuses)
        with pytest.raises(HarnessError, match="an argument is missing"):
            injection.undo()
        assert injection.active
        monkeypatch.undo()
        injection.undo()
        assert not injection.active


@pytest.mark.parametrize("kind", [AgentOutage, SecurityLock])
def test_nothing_is_owed_to_what_has_gone(kind: type[Fault]) -> None:
    with make_region() as region:
        (instance,) = region.run_instances(1)
        injection = region.chaos.inject(kind(instance.id))  # type: ignore[call-arg]
        region.control("lock", instance=instance.id, reason="security", locked=False)
        instance.stop()
        instance.delete()
        region.clock.advance("10m")
        with pytest.raises(UnknownTarget):
            region.control("locks", instance=instance.id)
        injection.undo()
        assert not injection.active
