"""Checkers: histories that each of them must accept, and histories that it must not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from faultzone import ApiError, DeploymentSet, Instance, Region, editions, make_region
from faultzone.checkers import CHECKERS, HOLDS, UNKNOWN, VIOLATED, Result, ViolationError, check, choose, demand
from faultzone.cli import main as cli
from faultzone.clock import DAY, HOUR, MINUTE, SECOND
from faultzone.editions import Edition
from faultzone.errors import HarnessError, UsageError
from faultzone.journal.journal import Journal
from faultzone.model.rules import Rules

START = 1_551_398_400_000
RUNS = {"effect": "RunScript", "run": "t-1", "instance": "i-1", "epoch": 1, "timeout": 60}
SETTLED = {"run": "t-1", "target": "i-1", "from": "Running", "to": "Finished"}


class History:
    """A journal that is written by hand."""

    def __init__(
        self, edition: str = "2019-02", virtual: bool = True, recovery: Mapping[str, int] | None = None
    ) -> None:
        self.journal, self.now = Journal(), START
        self.last: dict[str, dict[str, Any]] = {}
        self.add("region", edition=edition, guests_are_virtual=virtual, recovery=recovery or {})

    def add(self, kind: str, **data: Any) -> History:
        self.journal.append(self.now, kind, data)
        return self

    def later(self, ms: int) -> History:
        self.now += ms
        return self

    def go(self, *states: str, instance: str = "i-1", **changed: Any) -> History:
        """Let an instance go through states, a second for each."""
        for state in states:
            before = self.last.get(instance, {"to": None, "private_ip": f"10.0.0.{len(self.last)}", "public_ip": ""})
            said = {"host": 0, "region": "r", "zone": 0, "account": "1", "epoch": 1, "deployment_set": None, **before}
            said |= {"instance": instance, "from": before["to"], "to": state, **changed}
            self.last[instance] = said
            self.add("transition", **said).later(SECOND)
        return self

    def event(
        self, *states: str, type: str = "SystemMaintenance.Reboot", due: int | None = None, **more: Any
    ) -> History:
        """Let an event go through states without time passing."""
        for state in states:
            before = self.last.get("event", {"to": None})["to"]
            said = {"event": "e-1", "type": type, "instance": "i-1", "not_before": due, "simulated": False, **more}
            self.last["event"] = said | {"to": state}
            self.add("event", **said, **{"from": before, "to": state})
        return self

    def bill(self, what: str, amount: str, balance: str, charged: str = "0.0000") -> History:
        return self.add("bill", account="1", what=what, amount=amount, balance=balance, charged=charged)

    def readdressed(self) -> History:
        return self.add("notice", instance="i-1", what="addresses")

    def locked(self, *locks: str) -> History:
        return self.add("notice", instance="i-1", what="locks", locks=list(locks))


def up(history: History, instance: str = "i-1", **changed: Any) -> History:
    return history.go("Pending", "Starting", "Running", instance=instance, **changed)


LOST = {"report": "HostLost", "region": "r", "host": 0}


def starved(history: History) -> History:
    """An instance for which there is no host."""
    up(history).add("report", **LOST).event("Executing", type="SystemFailure.Reboot")
    return history.go("Stopping", "Stopped")


def seated(history: History, instance: str, *, group: int = 0, most: int | None = 1, **more: Any) -> History:
    """A member of a set that is not spread by hosts alone."""
    spread = {"place": more.pop("place", "h1"), "group": group, "most": most}
    return up(history, instance, deployment_set="ds", spread=spread, **more)


def joined(history: History, instance: str, *, group: int) -> History:
    """A member that has come to a group."""
    spread = {"place": "h1", "group": group, "most": 1}
    if instance not in history.last:
        up(history, instance)
    return history.add("notice", what="membership", instance=instance, deployment_set="ds", host=0, spread=spread)


def judged(journal: Journal, name: str) -> Result:
    return check(journal, [name])[0]


GOOD: list[tuple[str, Callable[[History], History]]] = [
    ("life-cycle", lambda h: up(h).go("Stopping", "Starting", "Running", "Stopped", "Released")),
    ("spread", lambda h: up(up(h, "i-1", deployment_set="ds"), "i-2", deployment_set="ds", host=1)),
    ("spread", lambda h: up(up(h, "i-1", deployment_set="a"), "i-2", deployment_set="b")),
    ("spread", lambda h: seated(seated(h, "i-1", group=1), "i-2", group=1)),
    ("spread", lambda h: seated(seated(seated(h, "i-1", group=1), "i-2", group=2, place="h2"), "i-1", group=1)),
    ("spread", lambda h: seated(seated(h, "i-1", most=2), "i-2", most=2)),
    ("spread", lambda h: seated(seated(h, "i-1", most=1), "i-2", most=2)),
    ("spread", lambda h: seated(seated(h, "i-1", most=None), "i-2", most=None)),
    ("spread", lambda h: joined(joined(seated(h, "i-1", group=1), "i-1", group=2), "i-2", group=2)),
    ("identity", lambda h: up(h).go("Stopping").go("Stopped", stopped_mode="StopCharging", public_ip="8.8.8.8")),
    ("identity", lambda h: up(h).go("Stopping").locked("financial").go("Stopped", "Stopped", public_ip="8.8.8.8")),
    ("identity", lambda h: up(h).readdressed().go("Running", private_ip="10.9.9.9", public_ip="8.8.8.8")),
    ("conservation", lambda h: up(up(h).go("Running", private_ip="10.9.9.9"), "i-2", private_ip="10.0.0.0")),
    ("conservation", lambda h: up(up(h).go("Released"), "i-2", private_ip="10.0.0.0")),
    ("conservation", lambda h: up(h.add("call", action="CreateInstance", parameters={}, answer={"InstanceId": "i-1"}))),
    ("stuck", lambda h: up(h).later(30 * DAY).go("Stopping", "Stopped")),
    ("stuck", lambda h: up(h).event("Scheduled", "Executing").later(MINUTE).event("Executed").later(30 * DAY)),
    ("stuck", lambda h: up(h).event("Executing", simulated=True).later(30 * DAY).add("advance")),
    ("stuck", lambda h: starved(h).later(30 * DAY).add("advance")),
    ("epochs", lambda h: up(h, epoch=3).add("report", report="Booted", instance="i-1", epoch=3)),
    ("event-machine", lambda h: h.event("Scheduled", "Executing", "Failed")),
    ("event-machine", lambda h: h.event("Scheduled", "Executed", simulated=True)),
    ("windows", lambda h: h.event("Scheduled", due=START + HOUR).later(HOUR).event("Executing", due=START + HOUR)),
    ("windows", lambda h: h.event("Scheduled", "Avoided", due=START + HOUR).later(DAY).add("advance")),
    ("windows", lambda h: h.event("Executing", due=None).later(DAY).add("advance")),
    ("releases", lambda h: up(h).locked("financial").later(15 * DAY).go("Released", why="InstanceExpiration.Delete")),
    ("releases", lambda h: up(h).go("Released", why="user")),
    ("settling", lambda h: h.add("effect", **RUNS).later(120 * SECOND).add("transition", **SETTLED)),
    ("money", lambda h: h.bill("top-up", "5.0000", "5.0000").bill("renewal", "2.0000", "2.0000", "1.0000")),
]
BAD: list[tuple[str, Callable[[History], History], str]] = [
    ("life-cycle", lambda h: h.go("Running"), "from None to Running"),
    (
        "life-cycle",
        lambda h: up(h).add("transition", instance="i-1", **{"from": "Stopped", "to": "Starting"}),
        "was Running",
    ),
    ("life-cycle", lambda h: h.go("Pending").go("Released", why="user"), "while Pending"),
    ("life-cycle", lambda h: up(h).go("Released", "Starting"), "from Released"),
    ("spread", lambda h: up(up(h, deployment_set="ds"), "i-2", deployment_set="ds"), "i-1 and i-2 share a host"),
    ("spread", lambda h: seated(seated(h, "i-1", group=1), "i-2", group=2), "i-1 and i-2 share a host"),
    (
        "spread",
        lambda h: joined(joined(seated(h, "i-1", group=1), "i-1", group=2), "i-2", group=1),
        "i-1 and i-2 share",
    ),
    ("spread", lambda h: seated(seated(seated(h, "i-1", most=2), "i-2", most=2), "i-3", most=2), "i-1 and i-2 and i-3"),
    ("spread", lambda h: seated(seated(h, "i-1", place="r01"), "i-2", place="r01", host=1), "i-1 and i-2 share a host"),
    (
        "spread",
        lambda h: up(up(h, deployment_set="ds"), "i-2").add(
            "notice", what="membership", instance="i-2", deployment_set="ds", host=0
        ),
        "i-1 and i-2 share a host",
    ),
    ("identity", lambda h: up(h).go("Stopping", private_ip="10.9.9.9"), "private_ip of i-1"),
    ("identity", lambda h: up(h, public_ip="1.2.3.4").go("Stopping").go("Stopped", public_ip=""), "became none"),
    ("identity", lambda h: up(h).go("Running", zone=1), "zone of i-1"),
    ("identity", lambda h: up(h).readdressed().go("Running", zone=1), "zone of i-1"),
    (
        "identity",
        lambda h: up(h).readdressed().go("Running", "Running").go("Running", private_ip="10.9.9.9"),
        "private_ip of i-1",
    ),
    ("conservation", lambda h: up(up(h), "i-2", private_ip="10.0.0.0"), "have one address"),
    (
        "conservation",
        lambda h: up(up(h, public_ip="1.1.1.1"), "i-2", public_ip="1.1.1.1", region="s"),
        "have one address",
    ),
    (
        "conservation",
        lambda h: up(h.add("call", action="CreateInstance", parameters={}, answer={"InstanceId": "i-2"})),
        "i-2 was answered and never made",
    ),
    (
        "conservation",
        lambda h: up(h).add("transition", **{**h.last["i-1"], "from": None, "to": "Pending"}),
        "i-1 was made twice",
    ),
    ("stuck", lambda h: h.go("Pending", "Starting").later(7 * HOUR).go("Running"), "was Starting"),
    ("stuck", lambda h: h.go("Pending", "Starting").later(7 * HOUR).add("advance"), "was Starting"),
    ("stuck", lambda h: h.go("Pending", "Starting").add("report", **LOST).later(DAY).add("advance"), "was Starting"),
    ("stuck", lambda h: up(h).event("Executing").later(DAY).add("advance"), "the instance Running"),
    ("stuck", lambda h: up(h).event("Executing").later(DAY).event("Executed"), "the instance Running"),
    (
        "stuck",
        lambda h: starved(h).later(DAY).add("report", report="HostBack", region="r", host=0).later(DAY).add("advance"),
        "the instance Stopped",
    ),
    ("epochs", lambda h: up(h, epoch=3).add("report", report="Booted", instance="i-1", epoch=2), "epoch 2 of i-1"),
    (
        "epochs",
        lambda h: up(up(h, epoch=3).add("effect", effect="Run", instance="i-1", epoch=5), "i-2").add(
            "report", report="Booted", instance="i-1", epoch=4
        ),
        "epoch 4 of i-1",
    ),
    ("epochs", lambda h: up(h).go("Released").add("report", report="Booted", instance="i-1", epoch=1), "taken in"),
    ("event-machine", lambda h: h.event("Scheduled", "Executed"), "from Scheduled to Executed"),
    ("event-machine", lambda h: h.event("Executing", "Executed", "Failed"), "from Executed to Failed"),
    ("event-machine", lambda h: h.event("Executing").event("Executed", instance="i-2"), "became another event"),
    ("windows", lambda h: h.event("Scheduled", "Executing", due=START + 1), "before its NotBefore"),
    (
        "windows",
        lambda h: h.event("Scheduled", due=START + 1).later(HOUR).event("Executing", due=START + 1),
        "long after",
    ),
    ("windows", lambda h: h.event("Scheduled", due=START).later(HOUR).add("advance"), "still Scheduled"),
    (
        "windows",
        lambda h: h.event("Executing", "Executed", due=START + 1, simulated=True),
        "before its NotBefore",
    ),
    (
        "releases",
        lambda h: up(h).locked("financial").later(14 * DAY).go("Released", why="AccountUnbalanced.Delete"),
        "too soon",
    ),
    (
        "releases",
        lambda h: (
            up(h)
            .event("Scheduled", "Avoided", type="InstanceExpiration.Delete", due=START)
            .go("Released", why="InstanceExpiration.Delete")
        ),
        "is Avoided",
    ),
    (
        "releases",
        lambda h: (
            up(h)
            .add(
                "call",
                action="ModifyInstanceAutoReleaseTime",
                parameters={"InstanceId": "i-1", "AutoReleaseTime": "2019-03-02T00:00:00Z"},
                answer={},
            )
            .go("Released", why="auto-release")
        ),
        "not before 2019-03-02",
    ),
    ("settling", lambda h: h.add("effect", **RUNS).later(121 * SECOND).add("transition", **SETTLED), "settled late"),
    ("settling", lambda h: h.add("effect", **RUNS).later(DAY).add("advance"), "has not settled"),
    ("settling", lambda h: h.add("transition", **SETTLED).add("transition", **SETTLED), "settled twice"),
    ("money", lambda h: h.bill("top-up", "5.0000", "5.0000").bill("top-up", "1.0000", "7.0000"), "does not follow"),
    (
        "money",
        lambda h: h.bill("bill", "1.0000", "5.0000", "3.0000").bill("bill", "0.0000", "6.0000", "2.0000"),
        "less",
    ),
    ("money", lambda h: h.bill("arrears", "0.0000", "0.0000"), "in arrears"),
]


@pytest.mark.parametrize(("name", "write"), GOOD)
def test_a_good_history_holds(name: str, write: Callable[[History], History]) -> None:
    result = judged(write(History()).journal, name)
    assert (result.verdict, result.why, result.entries) == (HOLDS, "", ())


@pytest.mark.parametrize(("name", "write", "why"), BAD)
def test_a_bad_history_is_violated_and_shown(name: str, write: Callable[[History], History], why: str) -> None:
    journal = write(History()).journal
    result = judged(journal, name)
    assert result.verdict == VIOLATED
    assert why in result.why
    assert result.entries
    assert all(each in list(journal) for each in result.entries)


def test_every_checker_has_a_good_and_a_bad_history() -> None:
    assert {name for name, _ in GOOD} == {name for name, _, _ in BAD} == set(CHECKERS)


def test_what_an_input_passes_through_is_no_violation() -> None:
    """A member that joins a set and leaves its host in one input has never shared the host."""
    history = up(up(History(), deployment_set="ds"), "i-2")
    history.add("call", action="ModifyInstanceDeployment", parameters={}, answer={})
    history.add("notice", what="membership", instance="i-2", deployment_set="ds", host=0)
    history.go("Running", instance="i-2", deployment_set="ds", host=1)
    assert judged(history.add("read").journal, "spread").verdict == HOLDS


@pytest.mark.parametrize(("apart", "verdict"), [(0, HOLDS), (1, VIOLATED)])
def test_what_is_so_when_time_goes_on_is_judged_without_an_input(apart: int, verdict: str) -> None:
    history = up(up(History(), deployment_set="ds"), "i-2", deployment_set="ds", host=1)
    history.go("Running", instance="i-2", host=0).later(apart - SECOND).go("Running", instance="i-2", host=1)
    assert judged(history.journal, "spread").verdict == verdict


@pytest.mark.parametrize(
    ("name", "write", "why"),
    [
        ("stuck", lambda h: h.go("Pending", "Starting"), "i-1 is Starting"),
        ("settling", lambda h: h.add("effect", **RUNS), "must have settled"),
    ],
)
def test_what_a_journal_does_not_tell_is_unknown(name: str, write: Callable[[History], History], why: str) -> None:
    result = judged(write(History()).journal, name)
    assert result.verdict == UNKNOWN
    assert why in result.why


@pytest.mark.parametrize("name", ["stuck", "settling"])
def test_real_guests_are_not_measured_in_region_time(name: str) -> None:
    history = History(virtual=False).go("Pending", "Starting").add("effect", **RUNS).later(DAY).add("advance")
    assert judged(history.journal, name).verdict == UNKNOWN


def test_a_host_that_is_back_is_measured_from_then_on() -> None:
    lost = History().go("Pending", "Starting").add("report", report="HostLost", region="r", host=0).later(5 * HOUR)
    lost.add("report", report="HostBack", region="r", host=0).later(5 * HOUR)
    assert judged(lost.add("advance").journal, "stuck").verdict == UNKNOWN
    assert judged(lost.later(2 * HOUR).add("advance").journal, "stuck").verdict == VIOLATED


def test_a_plan_of_the_edition_counts_for_what_waits_on_a_lost_host() -> None:
    slow = History(recovery={"planned_delay": 7200}).go("Pending", "Starting").later(7 * HOUR)
    assert judged(slow.add("advance").journal, "stuck").verdict == UNKNOWN
    assert judged(slow.later(2 * HOUR).add("advance").journal, "stuck").verdict == VIOLATED


def test_a_journal_without_its_region_tells_nothing() -> None:
    assert {each.verdict for each in check([(0, START, "call", {"action": "RunInstances"})])} == {UNKNOWN}
    assert {each.verdict for each in check([])} == {UNKNOWN}


def test_a_broken_region_is_told_of_in_few_lines() -> None:
    history = History()
    for number in range(20):
        history.go("Running", instance=f"i-{number}")
    result = judged(history.journal, "life-cycle")
    assert "and 15 more" in result.why
    assert len(result.entries) == 5


def test_all_that_shows_a_violation_is_shown_also_what_was_at_one_instant() -> None:
    history = History().event("Executing", "Executed", "Failed", "Scheduled")
    assert [each.data["to"] for each in judged(history.journal, "event-machine").entries] == ["Failed", "Scheduled"]


def test_a_checker_that_fails_is_trouble_of_the_harness() -> None:
    with pytest.raises(HarnessError, match=r"failed at entry 1 \(bill\)"):
        check(History().add("bill", account="1").journal)


def test_checkers_are_chosen_by_name() -> None:
    assert choose("all") == tuple(CHECKERS)
    assert choose("none") == ()
    assert choose("spread, money") == ("spread", "money")
    with pytest.raises(
        UsageError, match="'sprad': did you mean 'spread'\\? expected one of 'all', 'none', 'life-cycle'"
    ):
        choose("sprad")


class _Stacks(Rules):
    def hosts_to_avoid(self, others: Any, member: Any = None) -> Any:
        return ()

    def preference(self, levels: Any) -> Any:
        return reversed(levels)


def _changed(values: dict[str, object]) -> Edition:
    return editions.load("2019-02").changed(values)


def test_a_region_that_stacks_a_set_violates_the_spread() -> None:
    region = make_region(rules=_Stacks)
    region.run_instances(3, deployment_set=region.create_deployment_set())
    with pytest.raises(ViolationError, match="share a host"):
        demand(region.journal)


def test_a_region_that_takes_the_public_address_at_each_stop_violates_identity() -> None:
    region = make_region(edition=_changed({"instance.keeps_public_ip": []}))
    region.run_instances(1)[0].stop()
    assert judged(region.journal, "identity").verdict == VIOLATED


def test_a_region_that_releases_a_day_early_violates_releases() -> None:
    region = make_region(edition=_changed({"billing.release_after": 14 * 86_400}))
    region.run_instances(1, InstanceChargeType="PrePaid", Period=1)
    region.clock.advance("60d")
    assert region.instances == []
    assert judged(region.journal, "releases").verdict == VIOLATED


ACTIONS = (
    "run", "run_local", "run_retired", "subscribe", "stop", "start", "reboot", "delete", "migrate", "maintain",
    "crash", "crash_guest", "repair", "advance", "command", "join", "supply", "bill", "top_up",
)  # fmt: skip


def _do(region: Region, group: DeploymentSet, action: str, number: int) -> None:
    """Do something to the region that may be refused."""
    hosts = [each["host"] for each in region.hosts]
    host = hosts[number % len(hosts)]
    anywhere: dict[str, Callable[[], object]] = {
        "run": lambda: region.run_instances(number % 3 + 1, deployment_set=group if number % 2 else None, wait=False),
        "run_local": lambda: region.run_instances(1, instance_type="ecs.i2.xlarge", wait=False),
        "run_retired": lambda: region.run_instances(1, instance_type="ecs.t1.small", wait=False),
        "subscribe": lambda: region.run_instances(
            InstanceChargeType="PrePaid", PeriodUnit="Week", Period=1, wait=False
        ),
        "advance": lambda: region.clock.advance(("1s", "30s", "10m", "2h", "6d")[number % 5]),
        "crash": lambda: region.chaos.crash(host, reversible=bool(number % 2)),
        "repair": lambda: region.control("replace-host", host=host),
        "supply": lambda: region.control("set-supply", limit=(0, None)[number % 2]),
        "bill": lambda: region.chaos.arrears(debt="1"),
        "top_up": lambda: region.top_up(500),
    }
    instances = region.instances
    if action in anywhere:
        anywhere[action]()
    elif instances:
        _do_to(region, group, instances[number % len(instances)], action, number)


def _do_to(region: Region, group: DeploymentSet, instance: Instance, action: str, number: int) -> None:
    of_one: dict[str, Callable[[], object]] = {
        "stop": lambda: instance.stop(wait=False, StoppedMode=("KeepCharging", "StopCharging")[number % 2]),
        "start": lambda: instance.start(wait=False),
        "reboot": lambda: instance.reboot(wait=False),
        "delete": instance.delete,
        "migrate": lambda: region.control("migrate", instance=instance.id),
        "maintain": lambda: region.control("schedule-maintenance", instance=instance.id),
        "crash_guest": lambda: region.chaos.guest_crash(instance.id),
        "command": lambda: region.run_command("sleep 30", on=instance, wait=False),
        "join": lambda: group.add(instance, force=bool(number % 2)),
    }
    of_one[action]()


@pytest.mark.slow
@settings(max_examples=60, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(
    steps=st.lists(st.tuples(st.sampled_from(ACTIONS), st.integers(0, 9)), max_size=40),
    recovery=st.sampled_from(["immediate", "planned"]),
)
def test_a_right_region_gives_no_false_alarm(steps: list[tuple[str, int]], recovery: str) -> None:
    region = make_region(zones=2, hosts_per_zone=3, host_vcpus=10, host_memory_gib=96, recovery=recovery)
    region.set_prices(hourly=3, monthly=40)
    group = region.create_deployment_set()
    for action, number in steps:
        with suppress(ApiError, UsageError):
            _do(region, group, action, number)
    region.clock.advance("20d")
    demand(region.journal)


def test_stored_journals_are_judged_from_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good, bad = tmp_path / "good.ndjson", tmp_path / "bad.ndjson"
    for path, rules in ((good, Rules), (bad, _Stacks)):
        region = make_region(rules=rules)
        region.journal.open(path)
        region.run_instances(2, deployment_set=region.create_deployment_set())
        region.journal.close()
    assert cli.main(["check", str(good)]) == 0
    assert "spread: holds" in capsys.readouterr().out
    assert cli.main(["check", str(good), str(bad)]) == 1
    assert "share a host" in capsys.readouterr().out
    assert cli.main(["check", "--checkers", "money", str(bad)]) == 0
    capsys.readouterr()
    (tmp_path / "gw0").mkdir()
    good.rename(tmp_path / "gw0" / "good.ndjson")
    assert cli.main(["check", "--checkers", "spread", str(tmp_path)]) == 1
    out = capsys.readouterr().out
    assert [line for line in out.splitlines() if line.endswith(".ndjson")] == [
        str(bad),
        str(tmp_path / "gw0" / "good.ndjson"),
    ]
    (tmp_path / "empty").mkdir()
    assert cli.main(["check", str(tmp_path / "empty")]) == 2
    assert "found no file named *.ndjson" in capsys.readouterr().err
    assert cli.main(["check", str(tmp_path / "none")]) == 2
    assert "expected a journal (*.ndjson)" in capsys.readouterr().err
    (tmp_path / "note").write_text("nothing that a run has left")
    assert cli.main(["check", str(tmp_path / "note")]) == 2
    assert "found no entry" in capsys.readouterr().err
