"""What a program asked, as it is told at the end."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from faultzone import ApiError, Region, UsageError, make_region
from faultzone.journal.asked import Summary, check, write
from faultzone.journal.journal import Journal


def _try(region: Region, action: str, product: str = "ecs", **given: Any) -> None:
    with suppress(ApiError):
        region.call(action, product, **given)


def _asked() -> Summary:
    with make_region(edition="2026-10") as region:
        region.call("DescribeInstances", Colour="red")
        region.call("DescribeInstances", **{"Tag.1.Key": "a", "Tag.2.Key": "b"})
        region.call("CreateSecurityGroup")
        _try(region, "DescribeInstances", RegionId="cn-nowhere")
        _try(region, "RunInstances", StorageSetId="ss-1")
        _try(region, "MakeCoffee")
        region.call("GetCallerIdentity", "sts")
        return Summary().take(region.journal.entries)


def test_calls_and_parameters_are_told_by_product_and_action() -> None:
    said: Any = _asked().as_json()
    assert said["others"] == 0
    assert said["products"].keys() == {"ecs", "sts"}
    ecs = said["products"]["ecs"]
    assert ecs.keys() == {"DescribeInstances", "CreateSecurityGroup", "RunInstances", "MakeCoffee"}
    assert ecs["DescribeInstances"] == {
        "answered": 2,
        "refused": {"InvalidRegionId.NotFound": 1},
        "parameters": {"answered": ["RegionId", "Tag.N.Key"], "ignored": ["Colour"]},
        "not_simulated": [],
    }
    assert ecs["RunInstances"]["refused"] == {"UnsupportedParameter": 1}
    (why,) = ecs["RunInstances"]["not_simulated"]
    assert "StorageSetId" in why
    assert ecs["MakeCoffee"]["refused"] == {"InvalidAction.NotFound": 1}
    assert said["products"]["sts"]["GetCallerIdentity"]["answered"] == 1


def test_a_reader_is_told_the_same() -> None:
    lines = list(_asked().lines())
    assert lines[0] == "ecs"
    assert "  DescribeInstances    2 answered, 1 refused (InvalidRegionId.NotFound 1)" in lines
    assert "      ignored: Colour" in lines
    assert any(line.startswith("      not simulated: ") and "StorageSetId" in line for line in lines)
    assert lines[-2:] == ["sts", "  GetCallerIdentity  1 answered"]
    assert list(Summary().lines()) == ["nothing was asked"]


def test_what_was_asked_before_a_reset_counts_too() -> None:
    both = _asked()
    both.add(_asked())
    assert both.products["ecs"]["DescribeInstances"].answered == 4
    assert both.products["ecs"]["DescribeInstances"].refused == {"InvalidRegionId.NotFound": 2}
    assert list(both.products["ecs"]["DescribeInstances"].ignored) == ["Colour"]


def test_refusals_of_the_wire_are_told_with_their_product() -> None:
    journal = Journal()
    refused = {"edge": True, "code": "InvalidVersion", "product": "slb", "action": "DescribeLoadBalancers"}
    journal.append(0, "refusal", {**refused, "reason": "The product slb is not simulated."})
    journal.append(0, "refusal", {"edge": True, "code": "InvalidParameter", "product": "", "action": ""})
    assert list(Summary().take(journal.entries).lines()) == [
        "slb",
        "  DescribeLoadBalancers  1 refused (InvalidVersion 1)",
        "      not simulated: The product slb is not simulated.",
    ]


def test_what_a_full_journal_counts_is_said_to_be_counted() -> None:
    journal = Journal(limit=10)
    for _ in range(100):
        journal.append(0, "read", {"action": "DescribeInstances", "parameters": {}})
    lines = list(Summary().take(journal.entries).lines())
    told = Summary().take(journal.entries)
    assert told.products["ecs"]["DescribeInstances"].answered + told.others == 100
    assert lines[-1] == f"and {told.others} calls that are only counted"


def test_however_many_names_are_sent_few_are_remembered_and_none_is_no_text() -> None:
    summary = Summary()
    for number in range(5_000):
        said = {"action": f"A{number}\x1b[31m", "parameters": {}, "ignored": [f"P{each}" for each in range(300)]}
        summary.take([(number, 0, "read", said)])
    assert sum(map(len, summary.products.values())) == 2_000
    assert summary.others == 3_000
    assert len(summary.products["ecs"]["A0\\x1b[31m"].ignored) == 200
    assert all(line.isprintable() for line in summary.lines())


def test_it_is_written_as_text_or_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    summary = _asked()
    write(summary, str(tmp_path / "asked.json"))
    assert json.loads((tmp_path / "asked.json").read_text()) == summary.as_json()
    write(summary, str(tmp_path / "asked.txt"))
    write(summary, "-")
    assert capsys.readouterr().out == (tmp_path / "asked.txt").read_text()
    with pytest.raises(UsageError, match=r"summary='.*: cannot be written: No such file"):
        write(summary, str(tmp_path / "none" / "asked"))


def test_where_it_cannot_be_written_is_said_before(tmp_path: Path) -> None:
    check("-")
    check(str(tmp_path / "asked.json"))
    for wrong in (tmp_path, tmp_path / "none" / "asked"):
        with pytest.raises(UsageError, match="expected -, or the name of a file in a folder that there is"):
            check(str(wrong))
