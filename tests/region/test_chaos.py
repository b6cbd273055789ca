from __future__ import annotations

import base64
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import pytest

from faultzone import (
    AgentOutage,
    HostAtRisk,
    HostCrash,
    Region,
    SupplyShortage,
    make_region,
)
from faultzone.api.errors import ApiError
from faultzone.backends.local import LocalBackend
from faultzone.clock import Duration
from faultzone.control.faults.breaks import Breaking, breaks
from faultzone.control.faults.hosts import host_of
from faultzone.control.local import Local
from faultzone.errors import HarnessError, NotSupported, UndoFailed, UsageError
from faultzone.faults import Fault

HOST = "cn-hangzhou-a-h01"
done: list[str] = []


@pytest.fixture(autouse=True)
def nothing_done() -> None:
    done.clear()


@pytest.fixture
def region() -> Region:
    return make_region(zones=1, hosts_per_zone=2)


def state(region: Region, host: str = HOST) -> str:
    return next(str(each["state"]) for each in region.hosts if each["host"] == host)


def said(region: Region) -> list[str]:
    return [entry.kind for entry in region.journal.of("owed", "fault", "undo")]


ERRORS: dict[str, type[Exception]] = {
    "usage": UsageError,
    "support": NotSupported,
    "harness": HarnessError,
    "os": OSError,
}


@dataclass(frozen=True)
class Trouble(Fault):
    """A fault whose injection and undo may fail."""

    name: str = "a"
    injecting: str = ""
    mending: str = ""
    capability: ClassVar = "break-hosts"


def breaking(backend: Local, fault: Trouble) -> Breaking:
    done.append(f"inject {fault.name}")
    if fault.injecting:
        raise ERRORS[fault.injecting]("injecting failed")
    yield None
    done.append(f"undo {fault.name}")
    if fault.mending:
        raise ERRORS[fault.mending]("mending failed")


breaks(Trouble)(breaking)


def test_a_fault_is_in_force_within_its_block(region: Region) -> None:
    with region.chaos.crash(HOST):
        region.clock.advance(1)
        assert state(region) == "down"
    region.clock.advance(1)
    assert state(region) == "up"
    assert said(region) == ["owed", "fault", "undo"]


def test_an_exception_in_the_block_comes_out_and_the_fault_is_undone(region: Region) -> None:
    with pytest.raises(ZeroDivisionError), region.chaos.at_risk(HOST):
        raise ZeroDivisionError
    assert state(region) == "up"
    assert said(region)[-1] == "undo"


def test_what_is_owed_is_written_down_before_the_fault_is_injected(region: Region) -> None:
    seen: list[list[str]] = []

    @dataclass(frozen=True)
    class Watching(Trouble):
        pass

    @breaks(Watching)
    def watch(backend: Local, fault: Watching) -> Breaking:
        seen.append(said(region))
        yield None

    region.chaos.inject(Watching())
    assert seen == [["owed"]]


def test_the_end_of_the_region_undoes_what_is_left_the_latest_first(region: Region) -> None:
    for name in "abc":
        region.chaos.inject(Trouble(name))
    with region:
        done.clear()
    assert done == ["undo c", "undo b", "undo a"]
    region.close()
    assert len(done) == 3


def test_an_undo_that_fails_does_not_keep_the_others_from_running(region: Region) -> None:
    region.chaos.inject(Trouble("a"))
    region.chaos.inject(Trouble("b", mending="os"))
    region.chaos.inject(Trouble("c", mending="harness"))
    with pytest.raises(HarnessError, match=r"name='c'.*mending failed; .*name='b'.*mending failed"):
        region.chaos.undo_all()
    assert done[3:] == ["undo c", "undo b", "undo a"]
    assert said(region).count("undo") == 1, "what failed is not written down as undone"


def test_an_end_that_comes_by_itself_and_fails_is_told_and_still_owed(region: Region) -> None:
    planned = region.chaos.at("1m", Trouble("a", mending="harness"), until="2m")
    region.clock.advance("5m")
    (told,) = region.journal.of("notice", what="fault not undone")
    assert "mending failed" in told.data["why"]
    assert "mending failed" in str(planned.record["error"])
    with pytest.raises(UndoFailed, match="mending failed"):
        region.chaos.undo_all()


def test_an_undo_that_is_interrupted_is_owed_to_the_next_end() -> None:
    class Interrupted(LocalBackend):
        times = 0

        def control(self, verb: str, arguments: Mapping[str, object]) -> dict[str, Any]:
            if verb == "undo":
                self.times += 1
                if self.times == 1:
                    raise KeyboardInterrupt
            return super().control(verb, arguments)

    region = make_region(Interrupted())
    region.chaos.crash(HOST)
    region.chaos.inject(Trouble())
    with pytest.raises(KeyboardInterrupt):
        region.close()
    region.close()
    assert done == ["inject a", "undo a"]
    assert state(region) == "up"
    assert said(region).count("undo") == 2


def test_a_mending_that_is_interrupted_is_not_taken_for_done(region: Region) -> None:
    @dataclass(frozen=True)
    class Interrupted(Trouble):
        pass

    @breaks(Interrupted)
    def interrupt(backend: Local, fault: Interrupted) -> Breaking:
        yield None
        raise KeyboardInterrupt

    region.chaos.inject(Interrupted())
    with pytest.raises(KeyboardInterrupt):
        region.chaos.undo_all()
    with pytest.raises(UndoFailed, match="it was interrupted: KeyboardInterrupt"):
        region.chaos.undo_all()


def test_a_scheduled_fault_that_cannot_be_called_off_does_not_keep_others_from_their_undo() -> None:
    class Deaf(LocalBackend):
        def control(self, verb: str, arguments: Mapping[str, object]) -> dict[str, Any]:
            if verb == "undo" and arguments["number"] == 2:
                raise HarnessError("nobody hears")
            return super().control(verb, arguments)

    region = make_region(Deaf())
    region.chaos.crash(HOST)
    region.chaos.at("1h", HostCrash(HOST))
    with pytest.raises(UndoFailed, match="nobody hears"):
        region.close()
    assert state(region) == "up"


def test_a_generator_that_takes_the_lock_shares_its_target_with_one_that_is_given_it(region: Region) -> None:
    @dataclass(frozen=True)
    class Dark(Fault):
        host: str
        region: str | None = None
        capability: ClassVar = "break-hosts"

    @breaks(Dark, of=host_of)
    def darken(backend: Local, fault: Dark, host: tuple[str, int]) -> Breaking:
        with backend.locked():
            backend.substrate.crash(*host, reversible=True)
        yield lambda: backend.control("clock", {})
        with backend.locked():
            backend.substrate.repair(*host)

    def hit_twice() -> None:
        for first, second in ((Dark(HOST), HostCrash(HOST)), (HostCrash(HOST), Dark(HOST))):
            injected = [region.chaos.inject(first), region.chaos.inject(second)]
            for each in injected:
                each.undo()
            region.clock.advance("1m")
        done.append("mended")

    hitting = threading.Thread(target=hit_twice, daemon=True)
    hitting.start()
    hitting.join(30)
    assert done == ["mended"], "it waits for itself"


def test_a_mending_that_may_be_tried_again_is(region: Region) -> None:
    @dataclass(frozen=True)
    class Refused(Trouble):
        pass

    @breaks(Refused)
    def refuse(backend: Local, fault: Refused) -> Breaking:
        yield None
        yield UsageError("not yet")

    injection = region.chaos.inject(Refused())
    with pytest.raises(UndoFailed, match="not yet"):
        injection.undo()
    assert injection.active
    injection.undo()
    assert said(region) == ["owed", "fault", "undo"]


def test_an_undo_that_fails_is_the_harness_and_is_still_owed(region: Region) -> None:
    injection = region.chaos.inject(Trouble(mending="harness"))
    with pytest.raises(HarnessError, match="could not be undone"):
        injection.undo()
    assert injection.active
    with pytest.raises(HarnessError, match="mending failed"):
        region.chaos.undo_all()
    assert done == ["inject a", "undo a"], "a generator that has raised does not go on"


def test_undoing_twice_is_undoing_once(region: Region) -> None:
    injection = region.chaos.inject(Trouble())
    injection.undo()
    injection.undo()
    region.chaos.undo_all()
    assert done == ["inject a", "undo a"]
    assert not injection.active


def test_an_injection_that_fails_half_way_is_owed(region: Region) -> None:
    with pytest.raises(HarnessError, match="injecting"):
        region.chaos.inject(Trouble(injecting="harness"))
    assert said(region) == ["owed"]
    with pytest.raises(UndoFailed, match="half-way, and what it did is not known: injecting failed"):
        region.chaos.undo_all()
    assert said(region) == ["owed"]


@pytest.mark.parametrize("refused", ["usage", "support"])
def test_a_fault_that_was_refused_owes_nothing(region: Region, refused: str) -> None:
    with pytest.raises(ERRORS[refused]):
        region.chaos.inject(Trouble(injecting=refused))
    region.chaos.undo_all()
    assert done == ["inject a"]
    assert region.journal.of("undo")[0].data["not_injected"] == "injecting failed"


def test_a_fault_of_nothing_is_refused_with_what_there_is(region: Region) -> None:
    with pytest.raises(UsageError, match=r"unknown host 'h1': .*cn-hangzhou-a-h01"):
        region.chaos.crash("h1")
    with pytest.raises(UsageError, match="unknown zone 'z': expected 'cn-hangzhou-a'"):
        region.chaos.shortage(zone="z")


def test_a_backend_that_cannot_break_it_is_not_touched() -> None:
    class Public(LocalBackend):
        capabilities = frozenset({"move-time"})

    region = make_region(Public())
    with pytest.raises(NotSupported, match="HostCrash: the memory backend lacks the capability 'break-hosts'"):
        region.chaos.crash(HOST)
    assert said(region) == []


def test_a_fault_without_an_undo_says_why(region: Region) -> None:
    with region.chaos.crash(HOST, reversible=False):
        pass
    region.clock.advance("1h")
    assert state(region) == "down"
    assert region.journal.of("owed")[0].data["why_no_undo"] == "an irreversible crash cannot be undone"
    assert said(region) == ["owed", "fault"]


def test_a_target_that_is_sound_again_or_broken_otherwise_has_nothing_to_mend(region: Region) -> None:
    with region.chaos.crash(HOST):
        region.clock.advance(1)
        region.control("replace-host", host=HOST)
        region.clock.advance(1)
    with region.chaos.at_risk(HOST):
        region.chaos.crash(HOST, reversible=False)
        region.clock.advance(1)
    assert state(region) == "down", "the end of the risk does not repair the crash"


@pytest.mark.parametrize("first", ["crash", "hang"])
def test_what_died_unnoticed_is_not_carried_to_another_host_but_restarted_there(region: Region, first: str) -> None:
    region.guest("web", serves=80, answer="here")
    (web,) = region.run_instances(1, UserData=base64.b64encode(b"#!/bin/sh\nweb\n").decode())
    host = web.host
    assert host is not None
    getattr(region.chaos, first)(host)
    with region.chaos.at_risk(host):
        assert web.host != host
        with pytest.raises(TimeoutError):
            web.request(80)
    web.wait_until("Starting")
    web.wait_until("Running")
    assert web.request(80) == b"here"
    assert region.control("agent", instance=web.id)["running"]


def test_a_shortage_gives_back_the_limit_that_was_there(region: Region) -> None:
    region.control("set-supply", limit=1)
    with region.chaos.shortage():
        with pytest.raises(ApiError, match=r"OperationDenied\.NoStock"):
            region.run_instances(1)
        with region.chaos.shortage(family="ecs.g5", limit=3):
            pass
    region.run_instances(1)
    with pytest.raises(ApiError, match=r"OperationDenied\.NoStock"):
        region.run_instances(1)


def test_views_of_a_region_owe_their_faults_to_it() -> None:
    region = make_region(regions=("cn-hangzhou", "cn-beijing"), accounts=2)
    beijing = region.in_region("cn-beijing").as_account(1)
    beijing.chaos.crash("cn-beijing-a-h01")
    beijing.close()
    assert said(region) == ["owed", "fault"], "a view has no end of its own"
    region.close()
    assert [entry.data["region"] for entry in region.journal.of("undo")] == ["cn-beijing"]


@pytest.mark.parametrize("fault", [HostCrash(HOST), HostAtRisk(HOST), SupplyShortage(family="ecs.g5")])
def test_a_fault_leaves_the_region_as_it_was(region: Region, fault: HostCrash | HostAtRisk | SupplyShortage) -> None:
    region.run_instances(1)
    before = region.hosts
    with region.chaos.inject(fault):
        region.clock.advance(5)
    region.clock.advance("1m")
    assert sorted(each["state"] for each in region.hosts) == ["up", "up"]
    assert sum(len(each["instances"]) for each in region.hosts) == sum(len(each["instances"]) for each in before)
    assert [each.status for each in region.instances] == ["Running"]
    region.run_instances(1)


def test_shortages_of_one_scope_end_each_by_itself_in_any_order() -> None:
    with make_region() as region:
        first = region.chaos.shortage(family="ecs.g5", limit=1)
        second = region.chaos.shortage(family="ecs.g5")
        first.undo()
        with pytest.raises(ApiError, match=r"OperationDenied\.NoStock"):
            region.run_instances(1)
        second.undo()
        assert len(region.run_instances(2)) == 2


def test_an_undo_whose_target_has_vanished_is_done_and_says_so(region: Region) -> None:
    (instance,) = region.run_instances(1)
    for fault in (region.chaos.security_lock(instance.id), region.chaos.inject(AgentOutage(instance.id))):
        if fault.fault == AgentOutage(instance.id):
            region.control("lock", instance=instance.id, reason="security", locked=False)
            instance.delete()
    region.chaos.undo_all()
    assert [instance.id in entry.data["vanished"] for entry in region.journal.of("undo")] == [True, True]


@dataclass(frozen=True)
class Lingering(Trouble):
    """A fault whose undo has its effect when a list has something, or never."""

    undo_within: ClassVar[Duration] = "10m"


@breaks(Lingering)
def linger(backend: Local, fault: Lingering) -> Breaking:
    yield lambda: "mended" in done
    done.append(f"undo {fault.name}")


def test_the_end_waits_until_each_promise_is_kept(region: Region) -> None:
    lingering = region.chaos.inject(Lingering())
    lingering.undo()
    before = region.clock.ms
    record = region.control("faults", number=lingering.number)["faults"][0]
    assert (record["state"], record["deadline"]) == ("undoing", before + 600_000)
    assert isinstance(region.backend, LocalBackend)
    region.backend.call_later(60_000, lambda: done.append("mended"))
    region.close()
    assert region.clock.ms - before == 60_000
    assert lingering.state == "undone"


def test_a_promise_that_is_not_kept_by_the_deadline_is_an_undo_that_failed(region: Region) -> None:
    before = region.clock.ms
    region.chaos.inject(Lingering())
    region.chaos.inject(Trouble("b"))
    with pytest.raises(UndoFailed, match=r"not as promised: .*Lingering.*not within 10 min of region time"):
        region.close()
    assert region.clock.ms - before == 600_000
    assert {"undo a", "undo b"} <= set(done)


def test_a_promise_does_not_stand_for_what_was_broken_later(region: Region) -> None:
    region.chaos.crash(HOST).undo()
    region.clock.advance("1m")
    region.chaos.crash(HOST, reversible=False)
    region.clock.advance("1m")
    region.close()
    assert state(region) == "down"
