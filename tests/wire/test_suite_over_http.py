"""The conformance suite through an endpoint: the verdicts of control routes are those in process; nothing is left
behind."""

from __future__ import annotations

import pytest

from faultzone import hosted
from tests.wrong_regions.test_kills import run_suite

pytestmark = pytest.mark.slow


def verdicts(*arguments: str) -> dict[str, str]:
    """Test -> verdict, of a run of the suite with these options."""
    return {test: value["verdict"] for test, value, _ in run_suite(*arguments).seen}


@pytest.fixture(autouse=True)
def _in_one_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """The runs inside this one are nobody's workers."""
    monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)


def test_with_control_routes_the_verdicts_are_those_in_process() -> None:
    # Virtual: a real hour that ends in the middle of a test would be a difference of the clocks, not of the doors.
    cloud = hosted.Hosted(clock="virtual")
    with hosted.endpoint(cloud, token="token") as served:
        over_http = verdicts(f"--faultzone-backend={served.url}", "--faultzone-token=token")
    in_process = verdicts()
    assert in_process
    differing = {test: (was, over_http.get(test)) for test, was in in_process.items() if was != over_http.get(test)}
    assert differing == {}


def test_with_the_public_api_alone_nothing_deviates_and_nothing_is_left() -> None:
    cloud = hosted.Hosted(clock="hybrid", scale=100)
    with hosted.endpoint(cloud) as served:
        seen = verdicts(f"--faultzone-backend={served.url}")
    assert set(seen.values()) == {"conforms", "not-supported"}
    assert cloud.call("DescribeInstances", {"RegionId": "cn-hangzhou"})["TotalCount"] == 0
    assert cloud.call("DescribeDeploymentSets", {"RegionId": "cn-hangzhou"})["TotalCount"] == 0
