"""What an instance tells of its console, and what its program `aliyun-service` takes."""

from __future__ import annotations

import os
import time
from typing import Any

import pytest

from faultzone.substrate.docker.agent import front
from faultzone.substrate.docker.agent.console import Console


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time that the console sees, which a test moves."""
    instant = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: instant[0])
    return instant


def told(said: list[dict[str, Any]]) -> list[str]:
    assert {each["event"] for each in said} <= {"console"}
    return [each["output"] for each in said]


def test_what_is_printed_is_told_at_once_and_much_of_it_later(now: list[float]) -> None:
    said: list[dict[str, Any]] = []
    shown = Console(said.append, None)
    shown.print(b"one\n")
    shown.print(b"x" * 20_000)
    shown.print(b"two\n")
    shown.print(b"three\n")
    assert told(said) == ["one\n", "x" * 20_000]
    assert shown.wakes is not None
    assert shown.wakes > now[0]
    now[0] = shown.wakes
    shown.tick()
    assert told(said)[2:] == ["two\nthree\n"]
    assert shown.wakes is None


def test_of_much_at_once_the_end_is_kept(now: list[float]) -> None:
    said: list[dict[str, Any]] = []
    shown = Console(said.append, None)
    shown.print(b"y" * 20_000)
    for number in range(10_000):
        shown.print(b"%09d\n" % number)
    assert len(said) == 1
    shown.finish()
    assert told(said)[1].endswith("000009999\n")
    assert len(told(said)[1]) == 65536


def test_bytes_that_are_no_text_are_told(now: list[float]) -> None:
    said: list[dict[str, Any]] = []
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    shown = Console(said.append, reading)
    os.write(writing, b"\xff\n")
    shown.read()
    shown.read()
    assert [each.encode("utf-8", "surrogateescape") for each in told(said)] == [b"\xff\n"]
    for each in (reading, writing):
        os.close(each)


NEEDED = ["--register", "--RegionId=r", "--ActivationId", "a", "--ActivationCode=c=d"]


def read(*given: str) -> dict[str, str] | None:
    return front._read([f"={each}" for each in given])


def test_the_program_reads_its_options_in_both_forms() -> None:
    wanted = {"--register": "true", "--RegionId": "r", "--ActivationId": "a", "--ActivationCode": "c=d"}
    assert read(*NEEDED) == wanted
    assert read(*NEEDED, "--ForceReuse", "--InstanceName", "x y") == {
        **wanted,
        "--ForceReuse": "true",
        "--InstanceName": "x y",
    }


@pytest.mark.parametrize(
    "given",
    [[], [""], NEEDED[1:], NEEDED[:-1], [*NEEDED, "--RegionId=s"], [*NEEDED, "--start"], [*NEEDED, "--InstanceName"]],
)
def test_the_program_takes_no_other_options(given: list[str]) -> None:
    assert read(*given) is None


def test_an_argument_of_two_lines_is_none() -> None:
    assert front._read(["=--register", "b"]) is None
