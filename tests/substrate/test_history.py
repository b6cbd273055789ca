"""What ran in a guest, as its host tells of it."""

from __future__ import annotations

from faultzone.substrate.history import ASSISTANT, LOGIN, REMEMBERED, History


def test_a_script_is_shown_from_its_beginning_to_its_end() -> None:
    history = History()
    assert history.begin("i-1", "login-1", LOGIN, "echo 1", 5) == 0
    history.write("i-1", "login-1", "1\n")
    (shown,) = history.of("i-1")
    assert (shown.by, shown.script, shown.started, shown.output, shown.ended) == (LOGIN, "echo 1", 5, "1\n", None)
    history.end("i-1", "login-1", 7, 0, "")
    assert (shown.ended, shown.exit_code, shown.output) == (7, 0, "1\n")
    history.end("i-1", "login-1", 9, 1, "late")
    assert shown.ended == 7


def test_what_runs_in_an_instance_ends_with_it_and_what_runs_in_another_does_not() -> None:
    history = History()
    for instance in ("i-1", "i-2"):
        history.begin(instance, "t-1", ASSISTANT, "sleep 60", 1)
    history.end_all("i-1", 4)
    assert [each.ended for instance in ("i-1", "i-2") for each in history.of(instance)] == [4, None]
    history.forget("i-2")
    assert history.of("i-2") == []
    assert history.begin("i-2", "t-2", ASSISTANT, "true", 5) == 0


def test_the_latest_are_remembered_by_their_numbers() -> None:
    history = History()
    for number in range(REMEMBERED + 2):
        assert history.begin("i-1", f"t-{number}", ASSISTANT, "true", number) == number
    assert [each.number for each in history.of("i-1")] == list(range(2, REMEMBERED + 2))
