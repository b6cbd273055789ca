"""What a console is told: everything at first, then what has changed."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest

from faultzone import Region, UsageError, make_region
from faultzone.api.errors import ApiError
from faultzone.control import overview as told_of
from tests.support.event_answers import windows


@pytest.fixture
def region() -> Iterator[Region]:
    with make_region(zones=2, hosts_per_zone=3, edition="2020-12") as made:
        yield made


def _all(region: Region) -> dict[str, Any]:
    answer: dict[str, Any] = region.control("overview")
    return answer


def _since(region: Region, known: dict[str, Any]) -> dict[str, Any]:
    answer: dict[str, Any] = region.control("overview", since=known["length"], of=known["of"])
    return answer


def test_everything_is_told_to_whoever_knows_nothing(region: Region) -> None:
    group = region.create_deployment_set("web")
    (one, two) = region.run_instances(2, deployment_set=group)
    told = _all(region)
    assert told["whole"]
    assert (told["region"], told["zones"]) == (region.id, ["cn-hangzhou-a", "cn-hangzhou-b"])
    assert [each["host"] for each in told["hosts"]][:3] == [f"cn-hangzhou-a-h0{number}" for number in (1, 2, 3)]
    assert told["instances"][one.id] == {
        "name": one.id,
        "state": "Running",
        "host": one.host,
        "type": "ecs.g5.large",
        "set": group.id,
        "account": told["accounts"][0],
        "locks": [],
    }
    assert told["instances"].keys() == {one.id, two.id}
    assert [(each["set"], each["name"], each["affinity"]) for each in told["sets"]] == [(group.id, "web", 1)]
    assert told["money"][0]["balance"] == "10000.0000"
    assert (told["faults"], told["events"], told["invocations"]) == ([], {}, [])
    assert [each["kind"] for each in told["entries"]][:2] == ["region", "call"]


def test_what_has_changed_is_told_alone(region: Region) -> None:
    one, two = region.run_instances(2)
    known = _all(region)
    assert one.host is not None
    region.chaos.crash(one.host)
    region.clock.advance("5s")
    told = _since(region, known)
    assert not told["whole"]
    assert told["instances"].keys() == {one.id}
    ((event, row),) = told["events"].items()
    assert event.startswith("e-")
    assert (row["type"], row["instance"], row["state"]) == ("SystemFailure.Reboot", one.id, "Executing")
    assert {each["host"]: each["state"] for each in told["hosts"]}[one.host] == "down"
    assert [(each["fault"]["fault"], each["state"]) for each in told["faults"]] == [("HostCrash", "active")]
    assert "zones" not in told
    assert min(each["n"] for each in told["entries"]) >= known["length"]
    assert two.id not in str(told["entries"])


def test_nothing_is_told_where_nothing_has_happened(region: Region) -> None:
    region.run_instances(1)
    known = _all(region)
    told = _since(region, known)
    assert (told["instances"], told["events"], told["entries"], told["length"]) == ({}, {}, [], known["length"])
    assert not {"hosts", "sets", "invocations"} & told.keys()


def test_what_is_gone_is_null(region: Region) -> None:
    (one,) = region.run_instances(1)
    known = _all(region)
    one.stop()
    one.delete()
    assert _since(region, known)["instances"] == {one.id: None}


@pytest.mark.parametrize(("since", "of"), [(3, "another"), (0, ""), (10_000, None)])
def test_whoever_knows_another_journal_is_told_everything(region: Region, since: int, of: str | None) -> None:
    (one,) = region.run_instances(1)
    told = region.control("overview", since=since, of=_all(region)["of"] if of is None else of)
    assert told["whole"]
    assert one.id in told["instances"]


def test_two_clouds_have_different_marks_and_one_keeps_its_own(region: Region) -> None:
    with make_region() as other:
        assert _all(region)["of"] == _all(region)["of"] != _all(other)["of"]


def test_an_event_is_told_with_its_answers(region: Region) -> None:
    (one,) = region.run_instances(1)
    known = _all(region)
    (planned,) = region.control("schedule-maintenance", instance=one.id)["events"]
    row = _since(region, known)["events"][planned["event"]]
    assert row["state"] == "Scheduled"
    assert row["due"] > region.control("clock")["now"]
    assert row["answers"] == ["RedeployInstance", "RebootInstance", "DeleteInstance"]
    known = _all(region)
    assert planned["event"] in known["events"]
    one.reboot()
    row = _since(region, known)["events"][planned["event"]]
    assert (row["state"], row["answers"]) == ("Avoided", [])
    assert _all(region)["events"] == {}


def test_windows_for_maintenance_are_told(region: Region) -> None:
    with make_region(edition="2026-10") as current:
        (one,) = current.run_instances(1)
        known = _all(current)
        assert (known["windows"], "windows" in known["instances"][one.id]) == ([], False)
        asked = windows("rg-1")[0]
        made = current.call("CreatePlanMaintenanceWindow", **asked)["PlanWindowId"]
        current.call(
            "ModifyInstanceMaintenanceAttributes",
            InstanceId=[one.id],
            ActionOnMaintenance="Stop",
            **{"MaintenanceWindow.1.StartTime": "02:00:00", "MaintenanceWindow.1.EndTime": "05:00:00"},
        )
        told = _since(current, known)
        assert told["windows"] == [
            {
                "window": made,
                "name": "nights",
                "account": told["money"][0]["account"],
                "enabled": True,
                "action": "Reboot",
                "target": asked["TargetResource"],
                "period": asked["TimePeriod"],
                "interval": 12,
            }
        ]
        row = told["instances"][one.id]
        assert (row["windows"], row["action"]) == ([["02:00:00", "05:00:00"]], "Stop")
        known = _all(current)
        current.call("DeletePlanMaintenanceWindow", PlanWindowId=made)
        assert _since(current, known)["windows"] == []
    assert _all(region)["windows"] == []


def test_an_invocation_is_told_at_three_levels(region: Region) -> None:
    instances = region.run_instances(2)
    known = _all(region)
    region.run_command("exit 3", on=instances)
    (row,) = _since(region, known)["invocations"]
    assert (row["state"], row["count"]) == ("Finished", 2)
    assert {each["instance"] for each in row["targets"]} == {each.id for each in instances}
    assert {(each["state"], each["record"], each["exit_code"]) for each in row["targets"]} == {
        (each["InstanceInvokeStatus"], result["InvokeRecordStatus"], 3)
        for each in region.call("DescribeInvocations")["Invocations"]["Invocation"][0]["InvokeInstances"][
            "InvokeInstance"
        ]
        for result in region.call("DescribeInvocationResults")["Invocation"]["InvocationResults"]["InvocationResult"]
    }


def test_a_refusal_is_told_with_its_reason(region: Region) -> None:
    known = _all(region)
    with suppress(ApiError):
        region.call("StartInstance", InstanceId="i-none")
    (refused,) = _since(region, known)["entries"]
    assert (refused["code"], refused["why"]) == (
        "InvalidInstanceId.NotFound",
        "The specified InstanceId does not exist.",
    )
    for _ in range(told_of.ENTRIES_MOST + 5):
        region.call("DescribeZones")
    assert [each["code"] for each in _all(region)["entries"] if each["kind"] == "refusal"] == [refused["code"]]


def test_long_texts_are_cut_and_much_is_counted(region: Region, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(told_of, "INSTANCES_MOST", 2)
    region.run_instances(3)
    content = base64.b64encode(b"x" * 9_000).decode()
    region.call("CreateCommand", Name="long", Type="RunShellScript", CommandContent=content)
    told = _all(region)
    assert len(told["instances"]) == 2
    assert told["count"] == 3
    assert all(len(str(each)) < 3_000 for each in told["entries"])


def test_bad_questions_are_refused(region: Region) -> None:
    with pytest.raises(UsageError, match="since=-1"):
        region.control("overview", since=-1)
    with pytest.raises(UsageError, match="unknown region"):
        region.control("overview", region="cn-nowhere")


def test_all_faults_are_undone_at_once_but_those_that_cannot_be(region: Region) -> None:
    hosts = [each["host"] for each in region.control("hosts")["hosts"]]
    region.control("inject", fault={"fault": "HostCrash", "host": hosts[0]})
    region.control("inject", fault={"fault": "HostCrash", "host": hosts[1], "reversible": False})
    region.control("schedule", after=1000, fault={"fault": "HostHang", "host": hosts[2]})
    ended = region.control("undo-all")
    assert [each["fault"]["fault"] for each in ended["undone"]] == ["HostHang", "HostCrash"]
    ((failed),) = ended["failed"]
    assert failed["fault"]["host"] == hosts[1]
    assert failed["error"].endswith("an irreversible crash cannot be undone")
    assert [(each["number"], each["why_no_undo"]) for each in _all(region)["faults"] if each["state"] == "active"] == [
        (2, "an irreversible crash cannot be undone")
    ]
    region.control("replace-host", host=hosts[1])
    assert region.control("undo-all") == {"undone": [], "failed": []}
