from __future__ import annotations

import json
import threading
from pathlib import Path

import pytest

from faultzone import make_region
from faultzone.ecs.errors import ApiError
from faultzone.journal import Entry, Journal, copied, load, redacted


@pytest.mark.parametrize("name", ["Password", "AccessKeySecret", "SecurityToken", "UserData", "Template.1.UserData"])
def test_secrets_are_not_written_down(name: str) -> None:
    assert redacted({name: "hunter2", "Amount": 1}) == {name: "***", "Amount": 1}
    assert redacted({"LaunchTemplateData": [{name: "hunter2"}]}) == {"LaunchTemplateData": [{name: "***"}]}


def test_a_copy_shares_nothing_that_can_be_changed() -> None:
    original = {"Set": {"Ids": ["i-1"]}, "Tags": ({"Key": "a"},)}
    for copy in (copied(original), redacted(original)):
        assert copy == {"Set": {"Ids": ["i-1"]}, "Tags": [{"Key": "a"}]}
        copy["Set"]["Ids"].append("i-2")
    assert original["Set"] == {"Ids": ["i-1"]}


def test_entries_are_numbered_found_and_shown() -> None:
    journal = Journal()
    journal.append(0, "call", {"action": "A", "why": "x" * 500})
    journal.append(1500, "refusal", {"action": "B"})
    assert [(each.number, each.at, each.kind) for each in journal] == [(0, 0, "call"), (1, 1500, "refusal")]
    assert [each.data["action"] for each in journal.of("call", "refusal", action="B")] == ["B"]
    assert journal.of("fault") == []
    assert journal.tail(0) == []
    assert journal.tail(1) == [Entry(1, 1500, "refusal", {"action": "B"})]
    assert str(journal.tail(1)[0]).split() == ["1", "1970-01-01T00:00:01Z", "refusal", "action=B"]
    assert len(str(journal.tail(2)[0])) < 260, "a long value is cut"


def test_beyond_the_limit_reads_are_counted_and_writes_kept() -> None:
    journal = Journal(limit=2)
    for kind in ("read", "read", "read", "call", "read", "refusal"):
        journal.append(0, kind, {})
    assert [each.kind for each in journal] == ["read", "read", "call", "refusal"]
    assert [each.number for each in journal] == [0, 1, 2, 3]
    assert journal.reads_not_kept == 2


def test_a_file_has_what_was_before_and_after_it_was_opened(tmp_path: Path) -> None:
    path = tmp_path / "new" / "a.ndjson"
    journal = Journal(limit=1)
    journal.append(5, "call", {"action": "A"})
    journal.open(path)
    journal.append(6, "event", {"name": "ü\u2028\n"})
    journal.append(7, "read", {})
    assert load(path) == list(journal), "each line is there as soon as it is appended"
    journal.close()
    journal.close()
    journal.append(8, "call", {"action": "B"})
    assert load(path) == [*list(journal)[:2], Entry(2, 6, "summary", {"reads_not_kept": 1})]


def test_opening_another_file_finishes_the_first(tmp_path: Path) -> None:
    journal = Journal()
    journal.open(tmp_path / "a")
    journal.append(0, "call", {})
    journal.open(tmp_path / "b")
    journal.append(1, "call", {})
    journal.close()
    assert [len(load(tmp_path / name)) for name in "ab"] == [1, 2]


def test_a_last_line_cut_short_is_left_out_wherever_it_was_cut(tmp_path: Path) -> None:
    path = tmp_path / "a.ndjson"
    journal = Journal()
    for n in range(3):
        journal.append(n, "call", {"action": "é" * n})
    journal.open(path)
    journal.close()
    whole = path.read_bytes()
    lines = whole.splitlines(keepends=True)
    for cut in range(len(lines[0] + lines[1]), len(whole) - 2):
        path.write_bytes(whole[:cut])
        assert load(path) == list(journal)[:2]
    path.write_bytes(whole[:-1])
    assert load(path) == list(journal)


@pytest.mark.parametrize("line", ["{", "[1]", "5", '{"n": 1}', ""])
def test_another_line_that_is_no_entry_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "a.ndjson"
    good = json.dumps({"n": 0, "at": 0, "kind": "call"})
    path.write_text(f"{good}\n{line}\n{good}\n")
    with pytest.raises(ValueError, match=r"a\.ndjson:2 is not a journal entry"):
        load(path)


def test_entries_of_several_threads_are_numbered_once() -> None:
    journal = Journal()

    def append() -> None:
        for _ in range(200):
            journal.append(0, "call", {})

    threads = [threading.Thread(target=append) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [each.number for each in journal] == list(range(800))


def test_a_printed_entry_says_what_matters_within_the_width_of_a_report() -> None:
    with make_region() as region:
        group = region.create_deployment_set()
        (instance,) = region.run_instances(1, deployment_set=group)
        with pytest.raises(ApiError):
            region.run_instances(1, instance_type="nope")
        region.chaos.maintenance(instance)
        printed = {kind: str(region.journal.of(kind)[-1])[:119] for kind in ("call", "refusal", "event", "transition")}
    assert f'"Amount":1,"DeploymentSetId":"{group.id[:12]}' in printed["call"]
    assert "action=RunInstances code=InvalidInstanceType.ValueNotSupported" in printed["refusal"]
    assert "type=SystemMaintenance.Reboot from=null to=Scheduled" in printed["event"]
    assert f"from=Starting to=Running instance={instance.id}" in printed["transition"]
