from __future__ import annotations

import json
import stat
import threading
from pathlib import Path

import pytest

from faultzone import Region, make_region
from faultzone.api.errors import ApiError
from faultzone.errors import UsageError
from faultzone.journal.journal import Entry, Journal, copied, load
from faultzone.journal.journal import cut as shortened
from faultzone.journal.redaction import recorded


def test_a_copy_shares_nothing_that_can_be_changed() -> None:
    original = {"Set": {"Ids": ["i-1"]}, "Tags": ({"Key": "a"},)}
    for copy in (copied(original), recorded(original)):
        assert copy == {"Set": {"Ids": ["i-1"]}, "Tags": [{"Key": "a"}]}
        copy["Set"]["Ids"].append("i-2")
    assert original["Set"] == {"Ids": ["i-1"]}


def test_what_is_short_is_cut_without_a_copy() -> None:
    """A console is told hundreds of calls a second."""
    called = {"action": "ModifyInstanceAttribute", "parameters": {"InstanceId": "i-1"}, "answer": {"RequestId": "1-2"}}
    assert shortened(called) is called


@pytest.mark.parametrize(
    "answer",
    [{"Output": "x" * 5000}, {"Set": {"Ids": ["i-1"] * 500}}, {str(n): "i-1" for n in range(500)}, ["x" * 5000]],
)
def test_what_is_long_is_cut_wherever_it_is(answer: object) -> None:
    kept = shortened({"action": "RunInstances", "answer": answer})
    assert kept["action"] == "RunInstances"
    assert kept["answer"].endswith(" characters)")
    assert len(kept["answer"]) < 300


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


def test_beyond_the_limit_reads_are_counted_and_all_else_is_kept() -> None:
    journal = Journal(limit=2)
    for at, kind in enumerate(("read", "read", "read", "call", "read", "refusal")):
        journal.append(at, kind, {})
    assert [each.kind for each in journal] == ["read", "read", "summary", "call", "refusal"]
    assert [each.number for each in journal] == [0, 1, 2, 3, 4]
    assert journal.of("summary") == [Entry(2, 2, "summary", {"not_kept": "read", "count": 2, "until": 4})]


def test_reads_are_bounded_by_what_they_hold() -> None:
    journal = Journal(size=1_000_000)
    for _ in range(500):
        journal.append(0, "read", {"action": "A", "parameters": {"InstanceIds": "x" * 10_000}})
    (summary,) = journal.of("summary")
    assert 300 < summary.data["count"] < 500


def _refuse(journal: Journal, count: int, **data: object) -> None:
    for at in range(count):
        journal.append(at, "refusal", {"action": "A", "code": "C", "parameters": {}, **data})


def test_a_flood_of_equal_refusals_is_counted() -> None:
    journal = Journal()
    _refuse(journal, 5000)
    _refuse(journal, 3, code="D")
    journal.append(9, "call", {"action": "A"})
    assert len(journal.of("refusal", code="C")) == 1000
    assert len(journal.of("refusal", code="D")) == 3
    assert [each.number for each in journal] == list(range(1005))
    assert journal.of("summary") == [
        Entry(1000, 1000, "summary", {"not_kept": "refusal", "action": "A", "code": "C", "count": 4000, "until": 4999})
    ]
    assert "action=A code=C not_kept=refusal count=4000" in str(journal.of("summary")[0])


def test_refusals_are_told_apart_by_account_and_place() -> None:
    journal = Journal()
    _refuse(journal, 600)
    _refuse(journal, 600, account="2")
    _refuse(journal, 600, edge=True)
    assert journal.of("summary") == []


def test_refusals_of_ever_new_kinds_are_bounded_too() -> None:
    journal = Journal(limit=20_000)
    for n in range(30_000):
        journal.append(0, "refusal", {"action": f"A{n}", "code": "InvalidAction", "parameters": {}})
    assert len(journal.of("refusal")) == 2000
    assert sum(each.data["count"] for each in journal.of("summary")) == 28_000
    assert len(journal) < 15_000


@pytest.mark.parametrize(
    "parameters",
    [
        {"Name": "x" * 500_000},
        {"x" * 500_000: "a"},
        {f"Tag.{n}.Key": "y" * 160 for n in range(3000)},
        {"Tag": [{"Key": "z" * 160}] * 3000},
        {"Nested": {"a": {"b": "z" * 500_000}}},
    ],
    ids=["value", "name", "many", "list", "nested"],
)
def test_a_refused_call_is_kept_cut_with_the_length_of_what_was_cut(parameters: dict[str, object]) -> None:
    journal = Journal()
    journal.append(0, "refusal", {"action": "A", "code": "C", "parameters": parameters, "request": "r"})
    (entry,) = journal
    text = json.dumps(entry.data)
    assert len(text) < 8000
    assert " characters)" in text or " more parameters" in text
    assert (entry.data["action"], entry.data["code"], entry.data["request"]) == ("A", "C", "r")


def test_what_a_refusal_says_is_whole_where_it_is_short() -> None:
    data = {"action": "A", "code": "C", "parameters": {"Name": "x", "Tag": [{"Key": "a"}]}, "request": "r"}
    journal = Journal()
    journal.append(0, "refusal", data)
    assert next(iter(journal)).data == data


def test_what_a_region_stores_is_read_back_as_it_was(region: Region, tmp_path: Path) -> None:
    region.journal.open(tmp_path / "a.ndjson")
    (instance,) = region.run_instances(1)
    region.clock.advance("1m")
    region.call("CreateCommand", Name="c", Type="RunShellScript", CommandContent="ZWNobyBoaQ==")
    (command,) = region.call("DescribeCommands")["Commands"]["Command"]
    region.call("InvokeCommand", CommandId=command["CommandId"], InstanceId=[instance.id])
    region.clock.advance("1m")
    with region.chaos.crash(str(instance.host)):
        region.clock.advance("10m")
    region.journal.close()
    stored = load(tmp_path / "a.ndjson")
    assert {"effect", "report", "transition", "event", "fault", "undo", "call"} <= {entry.kind for entry in stored}
    assert stored == [entry._replace(data=json.loads(json.dumps(entry.data))) for entry in region.journal]


def test_a_stored_summary_is_what_it_was_at_last(tmp_path: Path) -> None:
    path = tmp_path / "a.ndjson"
    journal = Journal()
    journal.open(path)
    _refuse(journal, 1234)
    cut_short = load(path)[-1]
    assert (cut_short.number, cut_short.data["count"]) == (1000, 100)
    journal.append(7, "call", {"action": "B"})
    journal.close()
    assert load(path) == list(journal)


def test_a_page_costs_what_it_shows() -> None:
    journal = Journal()
    for n in range(10):
        journal.append(n, "call", {})
    assert [each.number for each in journal.page(4, 3)] == [4, 5, 6]
    assert journal.page(10, 3) == []


def test_a_stored_journal_is_its_owners_alone_from_the_first_byte(tmp_path: Path) -> None:
    path = tmp_path / "a.ndjson"
    path.write_text("what was there")
    path.chmod(0o644)
    journal = Journal()
    journal.open(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    journal.close()
    assert load(path) == []


def test_a_stored_journal_does_not_follow_a_link_of_others(tmp_path: Path) -> None:
    theirs, path = tmp_path / "theirs", tmp_path / "a.ndjson"
    theirs.write_text("theirs")
    path.symlink_to(theirs)
    journal = Journal()
    journal.open(path)
    journal.append(0, "call", {})
    journal.close()
    assert theirs.read_text() == "theirs"
    assert not path.is_symlink()


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
    assert load(path) == list(journal)[:3]
    assert load(path)[2] == Entry(2, 7, "summary", {"not_kept": "read", "count": 1, "until": 7})


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


@pytest.mark.parametrize(
    "line",
    [
        "{",
        "[1]",
        "5",
        '{"n": 1}',
        "",
        "[" * 5000,
        '{"n":0,"at":1e99,"kind":"call"}',
        '{"n":0,"at":-1,"kind":"call"}',
        "\x00",
    ],
)
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


def test_the_control_verb_shows_the_last_entries_or_a_page() -> None:
    with make_region() as region:
        region.run_instances(1)

        def numbers(**asked: int) -> list[int]:
            return [each["number"] for each in region.control("journal", **asked)["entries"]]

        length = region.control("journal")["length"]
        assert numbers(first=3, last=2) == [3, 4]
        assert numbers(last=2) == [length - 2, length - 1]
        with pytest.raises(UsageError, match="first=-1: expected a whole number, 0 or more"):
            numbers(first=-1)


def test_a_mapping_shows_its_names_as_they_are_written() -> None:
    journal = Journal()
    journal.append(0, "call", {"action": "RunInstances", "parameters": {"InstanceName": "名字"}})
    (entry,) = journal
    assert '{"InstanceName":"名字"}' in str(entry)
