"""The conformance suite through an endpoint: the verdicts of control routes are those in process; nothing is left
behind."""

from __future__ import annotations

import pytest

from faultzone.serve import cloud as hosted
from tests.support.suite import run_suite

pytestmark = pytest.mark.slow


def verdicts(*arguments: str) -> dict[str, str]:
    """Test -> verdict, of a run of the suite with these options."""
    return {test: value["verdict"] for test, value, _ in run_suite(*arguments).seen}


@pytest.fixture(autouse=True)
def _in_one_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """The runs inside this one are nobody's workers."""
    monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)


def test_with_control_routes_the_verdicts_are_those_in_process() -> None:
    """However fast its clock is: each test gets one that stands still. In the end the endpoint is as it was started."""
    cloud = hosted.Hosted(clock="hybrid", scale=600, zones=5)
    with hosted.endpoint(cloud, token="token") as served:
        over_http = verdicts(f"--faultzone-backend={served.url}", "--faultzone-token=token")
        assert cloud.control("clock", {})["kind"] == "hybrid"
        assert len(cloud.call("DescribeZones", {"RegionId": "cn-hangzhou"})["Zones"]["Zone"]) == 5
    in_process = verdicts(f"--faultzone-edition={cloud.inner.cloud.edition.name}")
    assert in_process
    differing = {test: (was, over_http.get(test)) for test, was in in_process.items() if was != over_http.get(test)}
    assert differing == {}


@pytest.mark.parametrize(
    ("action", "given", "holds"),
    [
        ("CreateDeploymentSet", {}, "deployment sets (1)"),
        ("RunInstances", {"InstanceType": "ecs.g5.large", "Amount": 2}, "instances (2)"),
        ("CreateCommand", {"Name": "n", "Type": "RunShellScript", "CommandContent": "bHM="}, "commands (1)"),
    ],
)
def test_an_account_that_is_not_empty_is_told_before_any_verdict(
    action: str, given: dict[str, object], holds: str, capsys: pytest.CaptureFixture[str]
) -> None:
    cloud = hosted.Hosted(clock="hybrid", scale=100)
    image = {"ImageId": "centos_7_06_64_20G_alibase_20190218.vhd"} if action == "RunInstances" else {}
    cloud.call(action, {"RegionId": "cn-hangzhou", **given, **image})
    arguments = ["--faultzone-clause=deployment-set/describe*"]
    with hosted.endpoint(cloud, token="token") as served:
        assert verdicts(f"--faultzone-backend={served.url}", *arguments) == {}
        assert f" has {holds}: use an empty account that nobody else uses" in capsys.readouterr().err
        assert verdicts(f"--faultzone-backend={served.url}", "--faultzone-token=token", *arguments)


def test_what_another_edition_promises_is_not_asked_of_an_endpoint() -> None:
    clauses = "--faultzone-clause=assistant/name-limits,assistant/create-command"
    with hosted.endpoint(hosted.Hosted(edition="2020-12", clock="hybrid", scale=100)) as served:
        seen = verdicts(f"--faultzone-backend={served.url}", "--faultzone-edition=2020-12", clauses)
    assert [*seen.values()] == ["conforms"]


def test_with_the_public_api_alone_nothing_deviates_and_nothing_is_left() -> None:
    cloud = hosted.Hosted(clock="hybrid", scale=100, edition="2019-02")
    with hosted.endpoint(cloud) as served:
        seen = verdicts(f"--faultzone-backend={served.url}", "--faultzone-edition=2019-02")
    assert {clause: each for clause, each in seen.items() if each not in ("conforms", "not-supported")} == {}
    assert set(seen.values()) == {"conforms", "not-supported"}
    assert cloud.call("DescribeInstances", {"RegionId": "cn-hangzhou"})["TotalCount"] == 0
    assert cloud.call("DescribeDeploymentSets", {"RegionId": "cn-hangzhou"})["TotalCount"] == 0
