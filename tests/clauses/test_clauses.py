"""The registry of clauses: complete, well formed, quick to load, and the page made from it."""

from __future__ import annotations

import re
from dataclasses import FrozenInstanceError
from pathlib import Path

import pytest

from faultzone import clauses, editions
from faultzone.clauses import CAPABILITIES, Clause, Level, UnknownClause
from faultzone.errors import HarnessError, UsageError

#: What the operations manual of 2019-02 promises at the least, by chapter.
FLOOR = {
    "deployment-set": """strategy strict-spread best-effort-default no-room-create no-room-start free no-merge no-spot
        no-dedicated-host zone-limit region-limit sets-per-region families same-region run-in-set ordered-suffix
        modify-attributes modify-instance launch-template describe delete-empty-only failover-keeps-spread""",
    "instance": """life-cycle stop-no-charge identity security-lock user-data run-amount min-amount dry-run client-token
        deletion-protection auto-release""",
    "assistant": """free all-regions command-types powershell-module command-quota invocation-quota content-limit
        name-limits period-floor targets-limit cron running-only agent-required preinstalled process-name vpc-only
        os-list all-or-nothing instances-independent never-by-itself as-administrator create-modify-delete-describe
        record-running record-stopped record-finished record-failed finished-is-not-success output-base64 stop
        upgrade-hourly upgrade-by-command upgrade-disabled agent-disabled""",
    "invocation-status": """one-time instance-equals-record timed-total timed-instance timed-record monotone
        settles""",
    "event": """types states routine-maintenance-is-silent retired-families window-maintenance window-expiration
        window-arrears window-execution unexpected-has-no-window instance-failure notified-during-or-after
        recommended-action degraded-host-migrates avoid-by-reboot guest-reboot-does-not-avoid avoid-by-renewal
        avoid-by-payment default-action canceled failed pending-query history-query simulated metadata notification""",
    "recovery": """relocates metadata-unchanged event-code queryable no-user-reboot not-avoidable local-disk same-zone
        others-serve intervention-table""",
    "billing": """expiry-stop arrears-stop release-after-15-days renew reactivate financial-lock""",
    "resource": "create-key-pair import-key-pair attach-key-pair key-pair-of-launch",
    "product": "caller-identity assume-role role endpoints resource-groups",
}

#: Where the floor itself says that sources are silent or disagree.
FLOOR_AMBIGUOUS = (
    "deployment-set/families",
    "assistant/command-types",
    "assistant/targets-limit",
    "assistant/cron",
    "assistant/os-list",
    "assistant/create-modify-delete-describe",
    "assistant/stop",
    "event/history-query",
    "event/notification",
    "recovery/same-zone",
)

PAGE = Path(__file__).parents[2] / "docs" / "clauses.md"
LOCAL_PATH = re.compile(r"(?<![\w.])/(?:work|home|tmp|root/|usr|etc|var)\b|\.\./|shared/|\.md\b|\.txt\b", re.IGNORECASE)
ENTRY = """
["some-name"]
level = "MUST"
statement = "Something holds."
source = "Operations manual 2019-02-23, 1.1"
edition = "2019-02"
"""


def texts(clause: Clause) -> list[str]:
    """Everything in a clause that a person reads."""
    return [clause.statement, clause.source, clause.ambiguous_because or "", clause.untestable_because or ""]


@pytest.mark.parametrize("chapter", FLOOR)
def test_floor_is_registered(chapter: str) -> None:
    missing = [name for name in FLOOR[chapter].split() if f"{chapter}/{name}" not in clauses.load()]
    assert not missing


def test_floor_ambiguities_are_registered() -> None:
    assert [clause_id for clause_id in FLOOR_AMBIGUOUS if not clauses.get(clause_id).ambiguous_because] == []


def test_chapters_are_in_the_order_of_the_manual_and_each_has_clauses() -> None:
    assert clauses.chapters() == tuple(FLOOR)
    assert list(dict.fromkeys(clause.chapter for clause in clauses.load().values())) == list(FLOOR)


def test_ids_are_made_of_chapter_and_name() -> None:
    for clause_id, clause in clauses.load().items():
        assert clause_id == clause.id == f"{clause.chapter}/{clause.name}"


def test_every_file_of_the_registry_is_a_chapter() -> None:
    assert {path.stem for path in Path(clauses.__file__).parent.glob("*.toml")} == set(clauses.chapters())


def test_statements_are_short_and_end_as_sentences() -> None:
    wrong = [c.id for c in clauses.load().values() if len(c.statement) > 400 or not c.statement.endswith(".")]
    assert not wrong


def test_no_two_clauses_promise_the_same() -> None:
    statements = [clause.statement for clause in clauses.load().values()]
    assert len(set(statements)) == len(statements)


def test_an_ambiguity_gives_its_readings_and_then_the_choice() -> None:
    form = re.compile(r"[A-Z].{20,}[;,.] ([Oo]ur region) \w+.{8,}\.")
    assert [
        c.id for c in clauses.load().values() if c.ambiguous_because and not form.fullmatch(c.ambiguous_because)
    ] == []


def test_an_untestable_clause_is_not_also_said_to_need_something() -> None:
    assert [c.id for c in clauses.load().values() if c.untestable_because and c.needs] == []


def test_sources_are_public_and_dated() -> None:
    products = "ECS|CloudMonitor|STS|RAM|Location|ResourceManager|VPC"
    years = "2018|2019|2020|2021|2025|2026"
    document = re.compile(rf"(Operations manual 2019-02-23|({products}) .* ({years})\b)")
    for clause in clauses.load().values():
        assert document.match(clause.source), clause.id


def test_no_local_paths() -> None:
    # The paths that a clause does name are inside an instance or belong to the metadata service.
    for clause in clauses.load().values():
        for text in texts(clause):
            assert not LOCAL_PATH.search(text), clause.id


def test_what_the_manual_says_is_of_its_edition() -> None:
    of_manual = [clause for clause in clauses.load().values() if "Operations manual 2019-02-23" in clause.source]
    assert {clause.edition for clause in of_manual} == {"2019-02"}


def test_capabilities_are_all_in_use() -> None:
    assert {need for clause in clauses.load().values() for need in clause.needs} == CAPABILITIES


def test_load_is_cached_and_read_only() -> None:
    assert clauses.load() is clauses.load()
    with pytest.raises(TypeError):
        clauses.load()["event/types"] = clauses.get("event/types")  # type: ignore[index]
    with pytest.raises(FrozenInstanceError):
        clauses.get("event/types").level = Level.MAY  # type: ignore[misc]


def test_get() -> None:
    clause = clauses.get("deployment-set/strict-spread")
    assert (clause.level, clause.edition, clause.needs) == (Level.MUST, "2019-02", ("see-hosts",))


@pytest.mark.parametrize("wrong", ["deployment-set/strict-spred", "instance/strict-spread", "strict-spread"])
def test_get_names_close_matches(wrong: str) -> None:
    with pytest.raises(UnknownClause, match="did you mean deployment-set/strict-spread") as caught:
        clauses.get(wrong)
    assert isinstance(caught.value, KeyError)
    assert str(caught.value).startswith(f"unknown clause '{wrong}'")


def test_get_names_the_chapters_when_nothing_is_close() -> None:
    with pytest.raises(UnknownClause, match="the chapters are deployment-set, instance"):
        clauses.get("%%%")


def test_read_chapter(tmp_path: Path) -> None:
    path = tmp_path / "event.toml"
    path.write_text(ENTRY + 'needs = ["guest"]\nambiguous-because = "This or that."\n', encoding="utf-8")
    assert clauses.read_chapter(path) == [
        Clause(
            id="event/some-name",
            chapter="event",
            name="some-name",
            level=Level.MUST,
            statement="Something holds.",
            source="Operations manual 2019-02-23, 1.1",
            edition="2019-02",
            ambiguous_because="This or that.",
            needs=("guest",),
        )
    ]


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("level", "levle", "unknown keys levle"),
        ('"MUST"', '"SHALL"', "level 'SHALL' is none of MUST, SHOULD, MAY"),
        ('"Something holds."', '" "', "statement must be text"),
        ('"Something holds."', "7", "statement must be text"),
        ('source = "Operations manual 2019-02-23, 1.1"\n', "", "source must be text"),
        ('"2019-02"', '"February"', "edition 'February' is no year and month"),
        ('"2019-02"', '"2019-03"', "edition '2019-03' is none of the editions 2019-02"),
        ('edition = "2019-02"', 'edition = "2019-02"\nuntil = 7', "until 7 is no year and month"),
        ('edition = "2019-02"', 'edition = "2019-02"\nuntil = "2020"', "until '2020' is no year and month"),
        ('edition = "2019-02"', 'edition = "2019-02"\nuntil = "2020-11"', "until '2020-11' is none of the editions"),
        ('edition = "2019-02"', 'edition = "2019-02"\nuntil = "2019-02"', "until '2019-02' is not later than edition"),
        ('edition = "2019-02"', 'edition = "2020-12"\nuntil = "2019-02"', "until '2019-02' is not later than edition"),
        ('edition = "2019-02"', 'edition = "2019-02"\nuntestable-because = ""', "untestable-because must be text"),
        ('edition = "2019-02"', 'edition = "2019-02"\nneeds = ["sea-hosts"]', r"needs \['sea-hosts'\] must list"),
        ('edition = "2019-02"', 'edition = "2019-02"\nneeds = "guest"', "needs 'guest' must list"),
    ],
)
def test_a_malformed_entry_is_named_with_its_file(tmp_path: Path, old: str, new: str, fault: str) -> None:
    path = tmp_path / "event.toml"
    path.write_text(ENTRY.replace(old, new), encoding="utf-8")
    with pytest.raises(HarnessError, match=rf"^event\.toml, entry 'some-name': {fault}"):
        clauses.read_chapter(path)


@pytest.mark.parametrize(
    ("edition", "until", "held"),
    [
        ("2019-02", None, ["2019-02", "2020-12", "2026-10"]),
        ("2019-02", "2020-12", ["2019-02"]),
        ("2019-02", "2026-10", ["2019-02", "2020-12"]),
        ("2020-12", "2026-10", ["2020-12"]),
        ("2026-10", None, ["2026-10"]),
    ],
)
def test_a_clause_holds_from_its_edition_until_another(
    tmp_path: Path, edition: str, until: str | None, held: list[str]
) -> None:
    path = tmp_path / "event.toml"
    ends = "" if until is None else f'until = "{until}"\n'
    path.write_text(ENTRY.replace('2019-02"', f'{edition}"') + ends, encoding="utf-8")
    (clause,) = clauses.read_chapter(path)
    assert clause.until == until
    assert [name for name in editions.names() if clause.holds_in(name)] == held
    assert [each.name for each in editions.EDITIONS if clause.holds_in(each)] == held
    assert clause.holds_in(editions.load("2020-12").changed({"deployment_set.zone_limit": 3})) == ("2020-12" in held)
    with pytest.raises(UsageError, match="unknown edition '2021-01'"):
        clause.holds_in("2021-01")


def test_the_page_says_where_a_clause_no_longer_holds() -> None:
    rows = {line.split("`")[1]: line for line in clauses.render_markdown().splitlines() if line.startswith("| `")}
    for clause in clauses.load().values():
        assert (f"Not from edition {clause.until} on." in rows[clause.id]) == (clause.until is not None)
    assert "Not from edition 2020-12 on." in rows["assistant/modify-content"]


@pytest.mark.parametrize("name", ["Some-Name", "some_name", "some--name", "-name", "some/name", ""])
def test_names_are_lower_case_with_hyphens(tmp_path: Path, name: str) -> None:
    path = tmp_path / "event.toml"
    path.write_text(ENTRY.replace("some-name", name), encoding="utf-8")
    with pytest.raises(HarnessError, match=rf"^event\.toml, entry '{name}': a name consists of"):
        clauses.read_chapter(path)


def test_an_entry_must_be_a_table(tmp_path: Path) -> None:
    path = tmp_path / "event.toml"
    path.write_text('types = "seven"', encoding="utf-8")
    with pytest.raises(HarnessError, match=r"^event\.toml, entry 'types': is no table"):
        clauses.read_chapter(path)


@pytest.mark.parametrize("text", ["[half", '["a"]\n["a"]'])
def test_a_file_that_is_no_toml_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "event.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(HarnessError, match=r"^event\.toml: "):
        clauses.read_chapter(path)


def test_the_page_is_what_the_registry_renders() -> None:
    rendered = clauses.render_markdown()
    hint = "write faultzone.clauses.render_markdown() to docs/clauses.md"
    assert PAGE.read_text(encoding="utf-8") == rendered, hint


def test_the_page_has_a_row_of_five_cells_for_each_clause() -> None:
    rows = [line for line in clauses.render_markdown().splitlines() if line.startswith("| `")]
    assert [row.split("`")[1] for row in rows] == list(clauses.load())
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} == {6}
