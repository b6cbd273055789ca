"""The http backend: the same region through an endpoint, with control routes and with the public API alone."""

from __future__ import annotations

import ast
import base64
import json
import re
import socket
import threading
import urllib.request
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

import pytest

from faultzone import (
    AgentOutage,
    ApiError,
    ApiFailure,
    Client,
    HarnessError,
    HostCrash,
    IncompleteAnswer,
    NoAnswer,
    NotSupported,
    Region,
    SecurityLock,
    UsageError,
    assert_refused,
    make_region,
    model,
)
from faultzone.api.ecs.resources import TagResources
from faultzone.api.errors import CODES
from faultzone.backends.http import HttpBackend, flatten, trouble
from faultzone.backends.retries import Budget
from faultzone.clock import VIRTUAL_START
from faultzone.errors import Unanswered, UnknownTarget, UnmetFault
from faultzone.journal.journal import lines
from faultzone.model.core.dispatch import ACTIONS
from faultzone.region import CloudOptions
from faultzone.serve import cloud as hosted
from faultzone.serve.client import connect, prepare, read_keys
from faultzone.serve.server import serve
from faultzone.serve.signatures import Keyring
from tests.support.patience import PATIENCE
from tests.support.wire import KEY, FakeBackend


@pytest.fixture
def url() -> Iterator[str]:
    cloud = hosted.Hosted(clock="hybrid", scale=100)
    with hosted.endpoint(cloud, token="token") as served:
        yield served.url


@pytest.fixture
def backend(url: str) -> Iterator[HttpBackend]:
    with closing(connect(url, token="token")) as connected:
        yield connected


@pytest.fixture
def public(url: str) -> Iterator[HttpBackend]:
    with closing(connect(url)) as connected:
        yield connected


def test_flatten() -> None:
    given = {"A": ["x", "y"], "Tag": [{"Key": "k"}], "Disk": {"Size": 40}, "Yes": True, "None": None, "N": 3}
    assert flatten(given) == {
        "A.1": "x",
        "A.2": "y",
        "Tag.1.Key": "k",
        "Disk.Size": "40",
        "Yes": "true",
        "N": "3",
    }


@pytest.mark.parametrize("item", [{}, {"Key": None}, {"Key": {}}, {"Key": [None]}])
def test_an_item_without_a_field_is_refused_before_it_is_sent_and_in_process(item: dict[str, object]) -> None:
    """It cannot be sent, so the same call must not mean two things."""
    tags = [{"Key": "team"}, item]
    with pytest.raises(UsageError, match=r"Tag\.2=.*: expected a structure with a field"):
        flatten({"Tag": tags})
    with pytest.raises(ApiError, match=r"Tag\.2.*a structure with a field is expected"):
        TagResources.parse({"RegionId": "r", "ResourceId": ["i-1"], "ResourceType": "instance", "Tag": tags})
    assert flatten({"SystemDisk": item}) == {}


@pytest.mark.parametrize("name", ["kilobits", "left", "limit"])
def test_a_null_argument_travels(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    door = FakeBackend()
    monkeypatch.setattr(HttpBackend, "_learn", lambda *_: None)
    with (
        serve(door, Keyring([KEY]), token="token") as endpoint,
        closing(connect(endpoint.url, token="token")) as backend,
    ):
        backend.control("verbs", {"host": "h", name: None})
    assert door.verbs[-1] == ("verbs", {"host": "h", name: None})


def test_what_a_verb_names_and_is_not_there_is_told_apart(backend: HttpBackend) -> None:
    with pytest.raises(UnknownTarget, match="unknown instance 'i-1'"):
        backend.control("locks", {"instance": "i-1"})
    with pytest.raises(UsageError) as refused:
        backend.control("locks", {})
    assert not isinstance(refused.value, UnknownTarget)


@pytest.mark.parametrize("value", [b"raw", {1}, object(), iter("a")])
def test_what_cannot_be_sent_is_refused_before_it_is(backend: HttpBackend, value: object) -> None:
    with pytest.raises(UsageError, match=r"Name=.*: expected text, a number or a list"):
        backend.call("RunInstances", {"Name": value})
    with pytest.raises(UsageError, match="expected arguments that JSON can encode"):
        backend.control("locks", {"instance": value})


def test_the_journal_of_an_endpoint_holds_no_secret(backend: HttpBackend) -> None:
    region = make_region(backend)
    (web,) = region.run_instances(1, UserData=base64.b64encode(b"hunter2-4711").decode())
    assert region.call("DescribeUserData", InstanceId=web.id)["UserData"]
    assert base64.b64encode(b"hunter2-4711").decode() not in "".join(lines(region.journal))


def test_a_region_through_an_endpoint(backend: HttpBackend) -> None:
    region = make_region(backend)
    group = region.create_deployment_set("web")
    web = region.run_instances(2, deployment_set=group, Tag=[{"Key": "tier", "Value": "web"}])
    assert {each.status for each in web} == {"Running"}
    assert web[0].host != web[1].host
    assert [entry.data["action"] for entry in region.journal.of("call")][:2] == ["CreateDeploymentSet", "RunInstances"]


def test_each_region_of_an_endpoint_has_a_journal_of_its_own(backend: HttpBackend) -> None:
    began = []
    for _ in range(2):
        prepare(backend, CloudOptions(clock="virtual"))
        with make_region(backend) as region:
            region.chaos.crash("cn-hangzhou-a-h01")
            region.call("DescribeRegions")
            assert [each.kind for each in region.journal] == ["control", "owed", "fault", "call"]
            began.append([each.at for each in region.journal if each.kind != "call"])
    assert began == [[VIRTUAL_START] * 3] * 2


def test_what_serves_in_a_guest_answers_through_the_control_routes(backend: HttpBackend) -> None:
    region = make_region(backend)
    region.guest("web", serves=80, answer=b"\x00hello")
    (web,) = region.run_instances(1, UserData=base64.b64encode(b"#!/bin/sh\nweb").decode())
    assert web.request(80) == region.request(web.private_ip, 80) == b"\x00hello"
    with pytest.raises(ConnectionRefusedError):
        web.request(81)
    web.stop()
    with pytest.raises(TimeoutError):
        web.request(80)
    with pytest.raises(NotSupported, match="answers is a function, which does not travel"):
        region.guest("web", serves=80, answer=bytes.upper)


def test_a_fault_is_scheduled_by_the_clock_of_the_endpoint(backend: HttpBackend) -> None:
    with make_region(backend) as region:
        (web,) = region.run_instances(1)
        host = str(web.host)
        scheduled = region.chaos.at("2h", HostCrash(host))
        region.clock.advance("1h")
        assert scheduled.state == "planned"
        event = region.wait_for_event("SystemFailure.Reboot", instance=web, within="2h")
        assert event.published > 0
        assert scheduled.state != "planned"
    assert [each["state"] for each in region.hosts if each["host"] == host] == ["up"]
    assert [entry.kind for entry in region.journal.of("notice", "owed", "fault", "undo")] == [
        "notice",
        "owed",
        "fault",
        "undo",
    ]


def test_what_an_endpoint_skips_is_told_at_the_end(backend: HttpBackend) -> None:
    region = make_region(backend)
    (gone,) = region.run_instances(1)
    region.chaos.at("1h", SecurityLock(gone.id))
    called_off = region.chaos.at("1h", AgentOutage(gone.id))
    gone.delete()
    called_off.undo()
    region.clock.advance("2h")
    with pytest.warns(UnmetFault, match=f"was skipped: unknown instance '{gone.id}'") as told:
        region.close()
    assert len(told) == 1


def test_what_can_never_come_is_refused_by_an_endpoint(backend: HttpBackend) -> None:
    with pytest.raises(UsageError, match="unknown host 'h1'"):
        make_region(backend).chaos.at("1h", HostCrash("h1"))


def test_a_fault_for_clients_leaves_the_tests_own_calls_alone(backend: HttpBackend) -> None:
    region = make_region(backend)
    with region.chaos.throttling("DescribeInstances", times=1):
        assert region.instances == []
        with pytest.raises(ApiError, match="Throttling"):
            Client(region).DescribeInstances()
        assert Client(region).DescribeInstances()["TotalCount"] == 0


def test_the_schema_leaves_out_what_does_not_travel(url: str) -> None:
    asked = urllib.request.Request(f"{url}/_faultzone/schema", headers={"x-faultzone-token": "token"})
    with urllib.request.urlopen(asked, timeout=PATIENCE) as answer:
        verbs = json.load(answer)["properties"]
    types = {kind for verb in verbs.values() for each in verb["properties"].values() for kind in each.get("type", ())}
    assert types <= {"string", "integer", "number", "boolean", "null", "array", "object"}
    assert "answer" in verbs["teach-guest"]["properties"]
    for verb in ("inject", "schedule"):
        shapes = verbs[verb]["properties"]["fault"]["oneOf"]
        crash = next(each for each in shapes if each["properties"]["fault"] == {"const": "HostCrash"})
        assert crash["required"] == ["fault", "host"]
        assert crash["properties"]["reversible"]["type"] == ["boolean"]


def test_an_answer_that_lacks_a_field_is_the_endpoints_fault() -> None:
    with serve(FakeBackend({"Instances": {}}), Keyring([KEY])) as endpoint, closing(connect(endpoint.url)) as backend:
        answer = backend.call("DescribeInstances", {"RegionId": "cn-hangzhou"})
        with pytest.raises(IncompleteAnswer, match=r"^DescribeInstances: there is no TotalCount, only Instances$"):
            answer["TotalCount"]
        with pytest.raises(IncompleteAnswer, match=r"there is no Instances\.Instance, only nothing$"):
            answer["Instances"]["Instance"]
        assert answer.get("TotalCount") is None


#: An answer of DescribeInstances in another shape than is documented, and what is then said to whoever reads the status
#: of the first instance.
MISSHAPEN: dict[str, tuple[object, str]] = {
    "a list in the place of an object": (
        [{"Status": "Running"}],
        "Instances is [{'Status': 'Running'}], where an object is documented",
    ),
    "text in the place of an object": ("", "Instances is '', where an object is documented"),
    "a number in the place of an object": (5, "Instances is 5, where an object is documented"),
    "a truth value in the place of an object": (True, "Instances is True, where an object"),
    "null": (None, "Instances is null"),
    "an object in the place of a list": (
        {"Instance": {"Status": "Running"}},
        "Instances.Instance is {'Status': 'Running'}, where a list of objects is documented",
    ),
    "text in the place of an item": (
        {"Instance": ["i-1"]},
        "Instances.Instance is ['i-1'], where a list of objects is documented",
    ),
    "an empty list": ({"Instance": []}, "Instances.Instance has no item 0, but 0 of them"),
    "nothing in the place of text": ({"Instance": [{"Status": None}]}, "Instances.Instance[0].Status is null"),
    "a number in the place of text": ({"Instance": [{"Status": 1}]}, "Instances.Instance[0].Status is 1, where text"),
}


@pytest.mark.parametrize("shape", MISSHAPEN)
def test_an_answer_of_another_shape_is_the_endpoints_fault(shape: str) -> None:
    instances, says = MISSHAPEN[shape]
    answered = {"RequestId": "1", "Instances": instances}
    with serve(FakeBackend(answered), Keyring([KEY])) as endpoint, closing(connect(endpoint.url)) as backend:
        answer = backend.call("DescribeInstances", {"RegionId": "cn-hangzhou"})
    with pytest.raises(IncompleteAnswer, match=re.escape(says)):
        answer["Instances"]["Instance"][0]["Status"]


def test_a_refusal_keeps_code_status_and_request_id(backend: HttpBackend) -> None:
    with pytest.raises(ApiError) as refused:
        backend.call("StartInstance", {"InstanceId": "i-none"})
    assert (refused.value.code, refused.value.status) == ("InvalidInstanceId.NotFound", 404)
    assert refused.value.request_id


def test_without_a_token_the_public_api_is_all(public: HttpBackend) -> None:
    assert public.capabilities == frozenset()
    with pytest.raises(NotSupported):
        public.control("hosts", {})
    with pytest.raises(NotSupported):
        prepare(public, CloudOptions.of(zones=3))


def test_nothing_is_left_behind_where_no_reset_is_to_be_had(public: HttpBackend) -> None:
    with make_region(public) as region:
        group = region.create_deployment_set()
        made = region.run_instances(2, deployment_set=group, wait=False)
        region.call("ModifyInstanceAttribute", InstanceId=made[0].id, DeletionProtection=True)
    after = Region(public, "cn-hangzhou", defaults={})
    assert after.instances == []
    assert after.call("DescribeDeploymentSets")["TotalCount"] == 0


def test_a_reset_makes_the_cloud_anew_in_another_shape(backend: HttpBackend) -> None:
    make_region(backend).run_instances(1, wait=False)
    prepare(backend, CloudOptions.of(zones=3, hosts_per_zone=1, accounts=2))
    region = make_region(backend)
    assert region.instances == []
    assert len(region.zones) == 3
    assert region.as_account(1).call("DescribeInstances")["TotalCount"] == 0


def test_a_reset_to_what_cannot_be_changes_nothing(backend: HttpBackend) -> None:
    made = make_region(backend).run_instances(1, wait=False)
    for options, says in (
        ({"zones": 0}, "zones=0"),
        ({"accounts": 6}, "accounts=6"),
        ({"regions": "x"}, "'regions': expected array, got string"),
    ):
        with pytest.raises(UsageError, match=says):
            backend.control("reset", options)
    assert make_region(backend).instances == made


def test_what_does_not_travel_is_not_supported(backend: HttpBackend) -> None:
    from faultzone import editions

    with pytest.raises(NotSupported):
        prepare(backend, CloudOptions(edition=editions.load().changed({"deployment_set.zone_limit": 8})))


def test_an_endpoint_that_is_not_there() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(HarnessError, match="does not answer"):
        connect(f"http://127.0.0.1:{port}").call("DescribeInstances", {})


@pytest.mark.parametrize(
    "url",
    [
        *("", "127.0.0.1:80", "ftp://127.0.0.1", "http://", "http://127.0.0.1:x", "http://127.0.0.1:99999"),
        *("http://127.0.0.1:80/ecs", "http://127.0.0.1/?a=b", "http://user:pass@127.0.0.1"),
    ],
)
def test_what_is_no_url(url: str) -> None:
    with pytest.raises(UsageError):
        connect(url)


def test_threads_share_connections(backend: HttpBackend) -> None:
    def ask() -> None:
        backend.call("DescribeRegions", {})

    for _ in range(5):
        thread = threading.Thread(target=ask)
        thread.start()
        thread.join()
    assert len(backend._idle) == 1


def test_each_try_is_signed_anew(public: HttpBackend, monkeypatch: pytest.MonkeyPatch) -> None:
    """An endpoint takes no signature twice, not that of a call that it has throttled either."""
    ask, bodies = public._request, list[dict[str, str]]()

    def throttled_at_first(path: str, body: str, *others: Any) -> tuple[int, dict[str, Any]]:
        bodies.append(dict(parse_qsl(body)))
        answer = ask(path, body, *others)
        return answer if len(bodies) == 2 else (400, {"Code": "Throttling.User"})

    monkeypatch.setattr(public, "_request", throttled_at_first)
    public.budget = Budget("an endpoint", sleep=lambda _: None)
    assert public.call("DescribeRegions", {})["Regions"]
    first, second = bodies
    for name in ("Signature", "SignatureNonce"):
        assert first.pop(name) != second.pop(name)
    assert {name for name in first if first[name] != second[name]} <= {"Timestamp"}


TROUBLE: Final = {code for code, (status, _) in CODES.items() if trouble(status, code)}


def test_what_an_action_itself_refuses_is_a_refusal_over_an_endpoint() -> None:
    """Only of an action that is documented to refuse so, and only with that code; it is not sent again."""
    waits: list[float] = []
    door = FakeBackend(error=ApiError("Throttling"))
    with serve(door, Keyring([KEY])) as endpoint, closing(connect(endpoint.url)) as backend:
        backend.budget = Budget("an endpoint", sleep=waits.append)
        assert_refused("Throttling", lambda: backend.call("GetInstanceScreenshot", {"InstanceId": "i-1"}))
        assert (len(door.calls), waits) == (1, [])
        with pytest.raises(Unanswered, match=r"throttles: 400 Throttling$"):
            backend.call("GetInstanceConsoleOutput", {"InstanceId": "i-1"})
        door.error = ApiError("Throttling.User")
        with pytest.raises(Unanswered, match=r"throttles: 400 Throttling\.User$"):
            backend.call("GetInstanceScreenshot", {"InstanceId": "i-1"})
        backend.budget = None
        assert_refused("Throttling.User", lambda: backend.call("GetInstanceScreenshot", {"InstanceId": "i-1"}))
    assert len(door.calls) == 1 + 5 + 5 + 1


def test_each_action_that_itself_refuses_so_declares_it() -> None:
    """Else a run over an endpoint takes the refusal for trouble on the way."""
    assert {"Throttling", "Throttling.User", "ServiceUnavailable"} <= TROUBLE
    found: dict[str, set[str]] = {}
    for path in Path(model.__file__).parent.rglob("*.py"):
        if not any(f'"{code}"' in (written := path.read_text("utf-8")) for code in TROUBLE):
            continue
        for function in ast.walk(ast.parse(written)):
            if isinstance(function, ast.FunctionDef):
                said = {str(each.value) for each in ast.walk(function) if isinstance(each, ast.Constant)}
                if codes := said & TROUBLE:
                    (request,) = re.findall(r"handles\((\w+)\)", " ".join(map(ast.unparse, function.decorator_list)))
                    found.setdefault(request, set()).update(codes)
    declared = {request.__name__ for request in {entry.request for entry in ACTIONS.values()} if request.throttles}
    assert found == {name: {"Throttling"} for name in declared}


def test_a_connection_that_has_ended_meanwhile_is_not_used() -> None:
    with serve(FakeBackend(), Keyring([KEY])) as endpoint, closing(connect(endpoint.url)) as backend:
        backend.call("DescribeInstances", {})
        with serve(FakeBackend(), Keyring([KEY])) as other:
            backend._parts = urlsplit(other.url)
            endpoint.close()
            backend.call("DescribeInstances", {})


def test_a_call_that_a_fault_drops_is_not_sent_again(backend: HttpBackend) -> None:
    region = make_region(backend)
    region.run_instances(1)
    with (
        region.chaos.inject(ApiFailure("RunInstances", kind="drop", times=1, after_effect=True, only="everyone")),
        pytest.raises(NoAnswer),
    ):
        region.run_instances(1)
    assert region.call("DescribeInstances")["TotalCount"] == 2


def test_a_lost_answer_is_trouble_where_nothing_was_to_be_lost() -> None:
    door = FakeBackend(error=NoAnswer("x"))
    with (
        serve(door, Keyring([KEY])) as endpoint,
        closing(connect(endpoint.url)) as backend,
        pytest.raises(HarnessError, match="does not answer"),
    ):
        backend.call("DescribeInstances", {})
    assert len(door.calls) == 1


@pytest.mark.parametrize(
    ("key", "sts", "token"),
    [
        (("testid2", "x"), None, None),
        (("testid", "x"), ("testid", "x", "y"), None),
        (("testid", "x"), ("testid3", "x", "y"), None),
        *((("testid", "x"), None, token) for token in ("a b", "a\nb", "t\u00f6ken")),
    ],
)
def test_keys_that_mean_two_accounts_and_tokens_that_no_header_carries(
    key: Sequence[str], sts: Sequence[str] | None, token: str | None
) -> None:
    with closing(hosted.Hosted()) as cloud, pytest.raises(UsageError, match=r"key pair|^token: "):
        hosted.endpoint(cloud, key=key, sts=sts, token=token)


def test_the_journal_has_no_last_minus_one(backend: HttpBackend) -> None:
    with pytest.raises(UsageError, match="last=-1"):
        backend.control("journal", {"last": -1})


def test_a_reset_ends_an_advance_of_the_cloud_before() -> None:
    with closing(hosted.Hosted()) as cloud:
        timer: list[object] = []
        first, going = cloud.inner, threading.Event()

        def again() -> None:
            going.set()
            timer[:] = [first.clock.call_later(1, again)]

        again()
        with ThreadPoolExecutor(1) as threads:
            going.clear()
            advance = threads.submit(cloud.control, "advance", {"milliseconds": 10**12})
            assert going.wait(PATIENCE)
            cloud.control("reset", {})
            with pytest.raises(HarnessError, match="closed before this time had passed"):
                advance.result(PATIENCE)


def test_keys() -> None:
    assert read_keys("a:b, c:d:e") == (("a", "b"), ("c", "d:e"))
    with pytest.raises(UsageError):
        read_keys("a")


def test_a_request_that_is_refused_at_the_edge_is_in_the_journal_without_its_secrets() -> None:
    with make_region(clock="hybrid") as region:
        with closing(connect(region.endpoint, keys=[("testid", "not the secret")])) as wrong:
            assert_refused("SignatureDoesNotMatch", lambda: wrong.call("DescribeInstances", {"RegionId": region.id}))
        (entry,) = region.journal.of("refusal")
        assert entry.data["code"] == "SignatureDoesNotMatch"
        assert "secret" not in str(entry)
