"""Schedules that cannot be played: each is refused by the same sentence in every place that takes one."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

import pytest

from faultzone import Region, Schedule, UsageError, make_region
from faultzone.cli.main import main
from faultzone.errors import FaultzoneError
from faultzone.faults.schedule import schema
from faultzone.serve import Endpoint
from faultzone.serve import cloud as hosted


def at(moment: str, fault: str, until: str | None = None, **fields: object) -> dict[str, Any]:
    """A step of a schedule as JSON."""
    return {"at": moment, "fault": {"fault": fault, **fields}, **({} if until is None else {"until": until})}


HOST: Final = "cn-hangzhou-a-h01"
CRASH: Final = at("1m", "HostCrash", host=HOST)


class Bad(NamedTuple):
    """A schedule that cannot be played.

    Attributes:
        text: it, as a file has it.
        said: the sentence that refuses it.
        is_read: whether it can be read, and only a region knows that it cannot be played there.
    """

    text: str
    said: str
    is_read: bool = False


def bad(said: str, *steps: object, version: object = 1, is_read: bool = False, **more: object) -> Bad:
    return Bad(json.dumps({"version": version, "steps": [CRASH, *steps], **more}), said, is_read)


def aimed(said: str, fault: str, **fields: object) -> Bad:
    """A schedule with a fault of the API that is aimed at what can never be, which only a region knows."""
    step = {"at": "1m", "fault": {"fault": fault, "action": "DescribeZones", **fields}}
    return bad(f"step 2: {said}", step, is_read=True)


def awaited(said: str, **on: object) -> Bad:
    """A schedule that waits for what can never be, which only a region knows."""
    return bad(said, {"on": on, "fault": CRASH["fault"]}, is_read=True)


BAD: Final = {
    "truncated": Bad(json.dumps({"version": 1, "steps": [CRASH]})[:40], "expected a schedule as JSON; it is cut short"),
    "version": bad("version=2: expected 1, the version that is read here", version=2),
    "no-version": bad("version=None: expected 1, the version that is read here", version=None),
    "form": Bad('{"version": 1, "steps": 5}', 'expected {"version": 1, "steps": [...]}'),
    "field": bad("unknown field 'name' of the schedule", name="x"),
    "field-of-step": bad("step 2: unknown field 'lasts'", {**CRASH, "lasts": "1m"}),
    "kind": bad("step 2: unknown fault 'HostCrsh': did you mean 'HostCrash'?", at("1m", "HostCrsh", host=HOST)),
    "type": bad("step 2: host=5: expected the ID of a host", at("1m", "HostCrash", host=5)),
    "host": bad(
        "step 2: unknown host 'cn-hangzhou-a-h99'", at("1m", "HostHang", host="cn-hangzhou-a-h99"), is_read=True
    ),
    "zone": bad("step 2: unknown zone 'cn-hangzhou-z'", at("1m", "ZoneOutage", zone="cn-hangzhou-z"), is_read=True),
    "rack": bad(
        "step 2: unknown rack 'cn-hangzhou-a-r99'", at("1m", "RackOutage", rack="cn-hangzhou-a-r99"), is_read=True
    ),
    "region": bad("step 2: unknown region 'cn-moon'", at("1m", "HostHang", host=HOST, region="cn-moon"), is_read=True),
    "action": bad("step 2: unknown action 'RunInstanses'", {"on": {"call": "RunInstanses"}, "fault": CRASH["fault"]}),
    "end": bad(
        "step 2: until='30s': expected a moment after its beginning, '1m'", at("1m", "HostHang", "30s", host=HOST)
    ),
    "endless": bad("step 2: GuestCrash(instance='i-1') does not end", at("1m", "GuestCrash", "2m", instance="i-1")),
    "late": bad("step 2: after='9999999d': expected at most", at("9999999d", "HostHang", host=HOST)),
    "excluded": bad(
        "cannot come at 2 min: HostCrash(host='cn-hangzhou-a-h01', reversible=True",
        at("2m", "HostAtRisk", host=HOST),
    ),
    "twice": bad(
        "SecurityLock(instance='i-1') excludes a second one on its target",
        at("1m", "SecurityLock", instance="i-1"),
        at("2m", "SecurityLock", instance="i-1"),
    ),
    "entry": bad(
        "step 2: unknown type 'SystemFailure.Moon'",
        {"on": {"entry": "event", "where": {"type": "SystemFailure.Moon"}}, "fault": CRASH["fault"]},
    ),
    "condition": bad("unknown field 'colour' of the kind 'refusal'", stop_when=["refusal colour=red"]),
    "only": aimed("only='LTAI-nobody': expected one of 'endpoint', 'everyone'", "ApiFailure", only="LTAI-nobody"),
    "about": aimed("about='i-nope': expected the ID of a resource that is there", "ApiFailure", about="i-nope"),
    "item": aimed("item='i-nope': expected the ID of a resource that is there", "StaleReads", item="i-nope"),
    "item-of-page": aimed("item='d-nope': expected the ID of a resource that is there", "PageSlip", item="d-nope"),
    "item-of-batch": aimed(
        "item='i-nope': expected the ID of a resource", "PartialSuccess", action="StopInstances", item="i-nope"
    ),
    "page": aimed("action='DescribeZones': expected an action that lists items by pages", "PageSlip", page=2),
    "page-of-read": aimed("action='DescribeZones': expected an action that has pages", "StaleReads", page=2),
    "border": aimed(
        "action='DescribeZones': expected an action that lists items by pages, since border is given",
        "PageSlip",
        border=True,
    ),
    "listing": aimed("action='StopInstance': expected an action that lists items", "PageSlip", action="StopInstance"),
    "batch": aimed("action='DescribeZones': expected one of 'StartInstances'", "PartialSuccess"),
    "ignored": aimed("kind='ignore': expected an action that answers its RequestId alone", "ApiFailure", kind="ignore"),
    "action-of-fault": aimed("unknown action 'DescribeZons'", "ThrottlingBursts", action="DescribeZons"),
    "only-nearly": bad(
        "step 2: only='endpont': did you mean 'endpoint'?",
        at("1m", "ApiFailure", action="DescribeZones", only="endpont"),
    ),
    "instance": bad("step 2: unknown instance 'i-nope'", at("1m", "GuestCrash", instance="i-nope"), is_read=True),
    "account": bad("step 2: unknown account '1'", at("1m", "AccountArrears", account="1"), is_read=True),
    "family": bad("step 2: unknown family 'g5'", at("1m", "SupplyShortage", family="g5"), is_read=True),
    "awaited-only": awaited("step 2: only='LTAI-nobody': expected one of", call="RunInstances", only="LTAI-nobody"),
    "awaited-about": awaited("step 2: about='i-nope': expected the ID", call="StopInstance", about="i-nope"),
    "awaited-host": awaited("step 2: unknown host 'h9'", entry="fault", where={"host": "h9"}),
    "awaited-zone": awaited("step 2: unknown zone 'cn-hangzhou-z'", entry="fault", where={"zone": "cn-hangzhou-z"}),
    "awaited-instance": awaited("step 2: unknown instance 'i-nope'", entry="transition", where={"instance": "i-nope"}),
    "host-of-condition": bad("stop_when: unknown host 'h9'", stop_when=["fault host=h9"], is_read=True),
    "description": bad(
        "step 2: target='newest(moon)': expected a description", at("1m", "GuestCrash", instance="newest(moon)")
    ),
}
each_bad = pytest.mark.parametrize("given", BAD.values(), ids=BAD)


@pytest.fixture(scope="module")
def served() -> Iterator[Endpoint]:
    with hosted.endpoint(hosted.Hosted(clock="virtual"), token="token") as made:
        yield made


@each_bad
def test_a_file_is_refused(given: Bad, tmp_path: Path) -> None:
    path = tmp_path / "bad.json"
    path.write_text(given.text, "utf-8")
    if given.is_read:
        assert Schedule.load(path).steps
        return
    with pytest.raises(UsageError) as refused:
        Schedule.load(path)
    assert str(refused.value).startswith(f"{path}: ")
    assert given.said in str(refused.value)


@each_bad
@pytest.mark.parametrize("by", ["play", "verb"])
def test_a_value_is_refused_and_nothing_is_planned(given: Bad, by: str) -> None:
    if given is BAD["truncated"]:
        return  # It is no value.
    value: Any = json.loads(given.text)
    with make_region() as region:
        play: Callable[[Region], object] = {
            "play": lambda region: region.chaos.play(value),
            "verb": lambda region: region.control("play", schedule=value),
        }[by]
        with pytest.raises(FaultzoneError) as refused:
            play(region)
        assert given.said in str(refused.value)
        assert region.control("faults")["faults"] == []
        assert region.control("stops")["stops"] == []


@each_bad
def test_a_body_is_refused_over_http_and_nothing_is_planned(given: Bad, served: Endpoint) -> None:
    connection = HTTPConnection(urlsplit(served.url).netloc)
    sent = {"x-faultzone-token": "token", "content-type": "application/json"}

    def ask(verb: str, body: str) -> tuple[int, str]:
        connection.request("POST", f"/_faultzone/control/{verb}", body.encode(), sent)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()

    with closing(connection):
        status, told = ask("play", f'{{"schedule": {given.text}}}')
        assert 400 <= status < 500
        assert (given.said if given is not BAD["truncated"] else "JSON") in json.loads(told)["Message"]
        assert json.loads(ask("faults", "{}")[1])["faults"] == []


@each_bad
def test_a_scenario_is_refused_and_nothing_is_served(
    given: Bad, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "bad.json"
    path.write_text(given.text, "utf-8")
    assert main(["up", "--port", "0", "--scenario", str(path)]) == 2
    told = capsys.readouterr()
    assert (told.out, given.said in told.err) == ("", True)
    assert str(path) in told.err


def _test_of(name: str) -> str:
    """The file of the test that has a bad schedule."""
    return f"test_{name.replace('-', '_')}.py"


@pytest.mark.slow
def test_a_marker_is_refused(pytester: pytest.Pytester) -> None:
    """When its test is collected; or, where only the region knows, when it begins."""
    for name, given in BAD.items():
        pytester.path.joinpath(f"{name}.json").write_text(given.text, "utf-8")
        source = f"import pytest\n@pytest.mark.schedule('{name}.json')\ndef test_x(region):\n    pass\n"
        pytester.path.joinpath(_test_of(name)).write_text(source, "utf-8")
    result = pytester.runpytest_inprocess("-p", "no:randomly")
    result.assert_outcomes(errors=len(BAD) - sum(each.is_read for each in BAD.values()))
    told = result.stdout.str()
    assert [name for name, given in BAD.items() if not given.is_read and given.said not in told] == []
    only_region = [_test_of(name) for name, given in BAD.items() if given.is_read]
    result = pytester.runpytest_inprocess(*only_region)
    result.assert_outcomes(errors=len(only_region))
    told = result.stdout.str()
    assert [name for name, given in BAD.items() if given.is_read and given.said not in told] == []


def test_the_schema_of_schedules_says_the_same_version() -> None:
    properties: Any = schema()["properties"]
    assert json.loads(Schedule([]).text())["version"] == properties["version"]["const"] == 1
