"""The shell of Linux guests beside a real bash: a script gives the same output and exit code, or is not understood."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from time import process_time

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from faultzone import Instance, Region, make_region
from tests.support.guest_scripts import ECHO, FLOW, PRINTF, REFUSED, TESTS

bash = pytest.mark.skipif(
    shutil.which("bash") is None or sys.platform != "linux", reason="there is no bash with its companions here"
)


def scripts(*tables: str) -> list[str]:
    """The scripts of tables: a line each; one that goes on does so after a backslash, `&&`, or with blanks."""
    found: list[str] = []
    for line in "".join(tables).split("\n"):
        if found and (
            found[-1].endswith("\\\n")
            or (found[-1].endswith("\\") and found[-1].count("'") % 2 == 0)
            or re.match("  ", line)
        ):
            found[-1] += "\n" + line
        elif line:
            found.append(line)
    return found


@pytest.fixture(scope="module")
def region() -> Region:
    return make_region(zones=1, edition="2020-12")


@pytest.fixture(scope="module")
def linux(region: Region) -> Instance:
    return region.run_instances(HostName="web")[0]


def really(directory: Path, asked: Sequence[str]) -> Iterator[tuple[int, str]]:
    """What a real bash ends with and writes, one process for all: each script in a shell of its own."""
    for number, script in enumerate(asked):
        (directory / f"{number}").write_text(script, encoding="utf-8")
    driver = "for ((i = 0; i < $1; i++)); do ( true; . ./$i ) >$i.out 2>&1 </dev/null; echo $? >$i.code; done"
    environment = {"PATH": os.environ["PATH"], "HOME": "/root", "LC_ALL": "C"}
    subprocess.run(["bash", "-c", driver, "bash", str(len(asked))], cwd=directory, env=environment, check=True)
    for number in range(len(asked)):
        output = (directory / f"{number}.out").read_bytes().decode("utf-8", "surrogateescape")
        yield int((directory / f"{number}.code").read_text()), without_name(output)


def without_name(output: str) -> str:
    """Without the name of the script, which stands before what a shell complains of."""
    return re.sub(r"(?m)^\S+: line \d+: ", "line: ", output)


def in_guest(region: Region, linux: Instance, script: str) -> tuple[int, str] | None:
    """What it is in a guest; None where it is not understood."""
    ran = region.commands.log_in(linux, script)
    if "this guest does not understand" in ran["output"]:
        assert ran["exit_code"] == 2
        assert "teach it the script: region.guest(" in ran["output"]
        return None
    return ran["exit_code"], without_name(ran["output"])


@bash
@pytest.mark.slow
def test_each_script_does_what_it_does_in_bash(region: Region, linux: Instance, tmp_path: Path) -> None:
    asked = scripts(ECHO, PRINTF, TESTS, FLOW)
    assert len(asked) > 150
    wrong = {
        script: (here, there)
        for script, there in zip(asked, really(tmp_path, asked), strict=True)
        if (here := in_guest(region, linux, script)) != there
    }
    not_understood = {script for script, (here, _) in wrong.items() if here is None}
    assert not_understood == {"uname -n > /dev/null", "printf '%5%|\\n'"}
    assert {script: wrong[script] for script in set(wrong) - not_understood} == {}


@pytest.mark.parametrize("script", REFUSED)
def test_what_is_not_understood_is_said(region: Region, linux: Instance, script: str) -> None:
    assert in_guest(region, linux, script) is None


_TEXT = st.text(st.sampled_from("ab \\0157xnetcuz%$~*?[]{},'\"#=!é-"), max_size=8)
_QUOTED = st.one_of(
    _TEXT.map(lambda text: "'" + text.replace("'", "") + "'"),
    _TEXT.map(lambda text: '"' + re.sub(r'["`!]', "", text).rstrip("\\") + '"'),
    st.sampled_from(
        "a b -n -e -E -ne -nE -- - 1 -1 007 0x1f 08 1.5 = != -eq -lt ! -a -z -n ~ ~/a $? $HOME \\a {} ] [ a=b".split()
    ),
)
_FORMAT = st.builds(
    "%{}{}{}{}".format,
    st.text(st.sampled_from("-+ 0#"), max_size=3),
    st.sampled_from(["", "1", "5", "12", "*"]),
    st.sampled_from(["", ".", ".0", ".1", ".3", ".*"]),
    st.sampled_from("diouxXfscb%egq"),
)
_FORMATS = st.lists(st.one_of(_FORMAT, _TEXT.map(lambda text: re.sub("['%]", "", text))), min_size=1, max_size=3)
_INVOCATIONS = st.one_of(
    st.builds("echo {}".format, st.lists(_QUOTED, max_size=5).map(" ".join)),
    st.builds("printf '{}' {}".format, _FORMATS.map("".join), st.lists(_QUOTED, max_size=4).map(" ".join)),
    st.builds("[ {} ]".format, st.lists(_QUOTED, max_size=4).map(" ".join)),
    st.builds("test {}".format, st.lists(_QUOTED, max_size=4).map(" ".join)),
)


@bash
@pytest.mark.slow
@settings(
    max_examples=15,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],  # What fails is one script already; a smaller list of others helps nobody.
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(asked=st.lists(_INVOCATIONS, min_size=40, max_size=60))
def test_drawn_invocations_do_what_they_do_in_bash_or_are_refused(
    region: Region, linux: Instance, tmp_path: Path, asked: list[str]
) -> None:
    for script, there in zip(asked, really(tmp_path, asked), strict=True):
        assert in_guest(region, linux, script) in (None, there), script


@pytest.mark.parametrize("piece", ["{a..b", "{", "{,", "}", "..}", "[", "$", "~/", "=~", "a[", "\\"])
def test_a_long_word_is_read_in_little_time(region: Region, linux: Instance, piece: str) -> None:
    begun = process_time()
    in_guest(region, linux, "echo " + piece * 4000)
    # Of the processor's time, whatever else runs: reading it to the square of its length took ten times as much.
    assert process_time() - begun < 2
