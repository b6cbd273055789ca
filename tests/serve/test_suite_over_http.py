"""The conformance suite through an endpoint: the verdicts of control routes are those in process; nothing is left
behind."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

import faultzone_specs
from faultzone import editions
from faultzone.api.ecs import ECS
from faultzone.serve import cloud as hosted
from faultzone_specs.scripts import ASCII, FORMS, KEPT
from tests.support.suite import run_suite

pytestmark = pytest.mark.slow


def verdicts(*arguments: str) -> dict[str, str]:
    """Test -> verdict, of a run of the suite with these options."""
    return {test: value["verdict"] for test, value, _ in run_suite(*arguments).seen}


@pytest.fixture(autouse=True)
def _in_one_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """The runs inside this one are nobody's workers."""
    monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)


class Listener(hosted.Hosted):
    """A cloud that notes in which letters it is told the texts that the suite says in letters of other scripts."""

    def __init__(self, **options: Any) -> None:
        #: The texts by the field that `FORMS` names, and by whether they are ASCII.
        self.heard: defaultdict[str, dict[bool, str]] = defaultdict(dict)
        super().__init__(**options)

    def call(
        self, action: str, parameters: Mapping[str, object], *, product: str = ECS, account: str | None = None
    ) -> dict[str, Any]:
        """Answer as the cloud does."""
        name = action if product == ECS else f"{product}.{action}"
        for said, text in parameters.items():
            path = [each for each in said.split(".") if not each.isdigit()]
            keys = (f"{name}:{path[-1]}", ".".join(path[-2:]), path[-1])
            field = next((each for each in keys if each in FORMS or each in ASCII), "")
            if field in FORMS and "Provider" not in parameters and not str(text).startswith(KEPT):
                is_ascii = str(text).isascii()
                if not is_ascii or any(each.isalpha() for each in str(text)):
                    self.heard[field].setdefault(is_ascii, f"{name} {said}={text}")
        return super().call(action, parameters, product=product, account=account)


def given_by_the_suite() -> set[str]:
    """The fields with letters of other scripts that a test of the suite names."""
    tests = "".join(path.read_text("utf-8") for path in Path(faultzone_specs.__file__).parent.glob("test_*.py"))
    words = {field: field.rpartition(":")[2].partition(".")[0] for field in FORMS}
    return {field for field, word in words.items() if re.search(rf"\b{word}\b", tests)}


def test_with_control_routes_the_verdicts_are_those_in_process() -> None:
    """However fast its clock is: each test gets one that stands still. In the end the endpoint is as it was started.
    Each text that has other letters in process has them over the endpoint. The newest edition has the most clauses."""
    cloud = Listener(clock="hybrid", scale=600, zones=5, edition=editions.names()[-1])
    with hosted.endpoint(cloud, token="token") as served:
        over_http = verdicts(f"--faultzone-backend={served.url}", "--faultzone-token=token")
        assert cloud.control("clock", {})["kind"] == "hybrid"
        assert len(cloud.call("DescribeZones", {"RegionId": "cn-hangzhou"})["Zones"]["Zone"]) == 5
    in_process = verdicts(f"--faultzone-edition={cloud.inner.cloud.edition.name}")
    assert in_process
    differing = {test: (was, over_http.get(test)) for test, was in in_process.items() if was != over_http.get(test)}
    assert differing == {}
    assert {field for field, seen in cloud.heard.items() if False in seen} == given_by_the_suite()
    assert [seen[True] for seen in cloud.heard.values() if True in seen] == []


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
