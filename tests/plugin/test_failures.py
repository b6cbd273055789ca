"""What everybody meets: a test fails. Measured over typical failures, at several widths, in any encoding."""

from __future__ import annotations

import fnmatch
import json
import re
import shlex
import subprocess
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree

import pytest

from benchmarks.failures import before_cause, frames, of_ours, shown, wide
from faultzone.clock import CLOCK_END, in_words, milliseconds
from pytest_faultzone.terminal import Block, Frame, Shown, Story, columns, fold


@pytest.mark.slow
@pytest.mark.parametrize(("width", "encoding"), [(120, "utf-8"), (80, "utf-8"), (40, "utf-8"), (80, "ascii")])
def test_no_line_is_wider_than_the_terminal(width: int, encoding: str) -> None:
    assert wide(shown(width, encoding=encoding), width) == {}


@pytest.mark.slow
@pytest.mark.parametrize("width", [80, 40])
def test_no_frame_is_of_anybody_but_the_user(width: int) -> None:
    told = shown(width)
    assert {name: files for name, files in frames(told).items() if set(files) - {"test_it"}} == {}
    assert all(frames(told).values()), "each says where"


@pytest.mark.slow
@pytest.mark.parametrize("width", [120, 80, 40])
def test_the_cause_is_named_at_once_and_all_is_on_a_screen(width: int) -> None:
    told = shown(width)
    assert {name: count for name, count in before_cause(told).items() if count > 3} == {}
    if width >= 80:
        assert {name: len(lines) for name, lines in told.items() if len(of_ours(lines)) > 45} == {}


@pytest.mark.slow
def test_each_failure_says_what_explains_it() -> None:
    told = {name: "\n".join(lines) for name, lines in shown(120).items()}
    for name, wanted in {
        "test_exit_code": r"guest +\+3\.1 s +i-\w+: exit code 2 of 'ls \| wc -l'\n +this guest does not",
        "test_event": r"not within 4 d of region time",
        "test_spread": r"broken +\+3 s +HostCrash\(host='cn-hangzhou-a-h0\d', reversible=False\)",
        "test_hold": r"all running: did not hold for 2 d of region time: it broke after 3 min 1 s",
        "test_refused": r"refused +\+3 s +RunInstances\(Amount=3, DeploymentSetId='ds-\w+'\) refused: Operation",
        "test_refused_otherwise": r"^E   AssertionError: refused with InvalidInstanceId\.NotFound \(404\), not Op",
        "test_sdk": r"refused +\+0 s +StartInstance\(InstanceId='i-none'\) refused: InvalidInstanceId\.NotFound",
        "test_shared": r"again +pytest test_it\.py\n +\(all tests of test_it\.py: they share the region",
        "TestUnit.test_unit": r"broken +\+3 s +HostCrash",
        "test_given": r"the shortest example, as a test:\nimport pytest\n",
        "test_clause": r"clause +deployment-set/strict-spread \(MUST\): (.*\n)+ +verdict: deviates",
        "test_identity": r"^E +private_ip: '[\d.]+' != '[\d.]+'$",
        "test_states": r"^E +i-\w+: Finished != Failed$",
        "test_instances": r"^E +only right: i-\w+$",
        "test_total": r"^E   .*assert 'Finished' == 'Failed'\nE +i-\w+: Finished$",
        "test_groups": r"^E +1: only right: i-\w+\nE +2: only left: i-\w+$",
        "test_events": r"^E +event 1: SystemEvent\(e-\w+: SystemFailure\.Reboot of i-\w+ Executed, published",
        "test_passes_and_should_not": r"^E   \[XPASS\(strict\)\] SHOP-12\n",
        "test_group": r"^E   ExceptionGroup: .*\nE     ApiError: InvalidInstanceId\.NotFound .* \(test_it\.py:\d+\)$",
        "test_recursion": r"\n    \.\.\. \d+ more calls \.\.\.\n",
        "test_unmet": r"^E   UnmetFault: HostCrash\(.*\n\ntest_it\.py:\d+\n    region\.chaos\.at\(\"1h\"",
        "test_fixture": r"^E   ApiError: InvalidZoneId.*\n\ntest_it\.py:\d+: in tier$",
        "test_teardown": r"^E   AssertionError: instances are left\n(.*\n)+test_it\.py:\d+: in emptied$",
        "test_two_regions": r"^region +1 of the last 2 that the test has\nbroken +\+3 s +HostCrash",
        "test_cause": r"^E   because of ApiError: InvalidInstanceId\.NotFound .* \(test_it\.py:\d+\)$",
        "test_callback": r"^E   LookupError: Instance:StateChange\n(.*\n)+test_it\.py:\d+: in told$",
        "test_markup": r"Description=\"<script>alert\('名字'\)</script>(.*\n)+ +InvalidInstanceName\.Malformed$",
        "test_parameter": r"^again +pytest \\\n +'test_it\.py::test_parameter\[a long .* for\]'$",
        "test_many": r"last .*\n( +\+.*\n)? +\+3 s +9 instances: new -> Running",
    }.items():
        assert re.search(wanted, told[name], re.MULTILINE), told[name]


@pytest.mark.slow
def test_colours_are_those_of_pytest_and_change_nothing_else() -> None:
    plain, coloured = shown(80), shown(80, "--color=yes")
    for name, lines in coloured.items():
        assert re.match(r"(\x1b\[(1|31)m){2}E ", lines[0]), name
        if "sdk" not in name:  # What an SDK says has the number of a port.
            without = [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in of_ours(lines)]
            assert without == of_ours(plain[name])


@pytest.mark.slow
def test_workers_tell_the_same() -> None:
    pytest.importorskip("xdist")
    alone, shared = shown(80), shown(80, "-n2", "--dist=loadfile")
    for name, lines in alone.items():
        if "sdk" not in name:  # What an SDK says has the number of a port.
            told = [line for line in of_ours(shared[name]) if not line.startswith("[gw")]
            assert _without_depth(name, told) == _without_depth(name, of_ours(lines))


def _without_depth(name: str, lines: Sequence[str]) -> list[str]:
    """The lines without how often a function could call itself: a worker is itself called through other functions."""
    if name != "test_recursion":
        return [*lines]
    without = [re.sub(r"^    \.\.\. \d+ more calls \.\.\.$", "    ... more calls ...", line) for line in lines]
    assert sum(line == "    ... more calls ..." for line in without) == 1
    return without


def test_the_style_of_a_traceback_can_be_chosen(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_it(region):\n    local = 5\n    assert region.instances == [local]\n")
    for arguments, wanted in {
        ("--tb=long",): ["*def test_it(region):", ">       assert region.instances ==*", "again     pytest --tb*"],
        ("--tb=short",): ["test_the_style_*.py:3: in test_it", "E   *", "again *"],
        ("-l",): ["*local*= 5", "again *"],
        ("--full-trace",): [">       assert region.instances ==*", "again *"],
    }.items():
        result = pytester.runpytest_inprocess(*arguments)
        result.stdout.fnmatch_lines([each.replace(" --tb*", " *") for each in wanted])


def test_other_reports_tell_the_same(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        test_it="import pytest\n\n"
        "@pytest.mark.xfail(strict=True, reason='SHOP-12')\ndef test_good(region):\n    region.instances\n\n\n"
        "def test_bad(region):\n    region.call('StartInstance', InstanceId='i-none')\n"
    )
    for style, wanted in {
        "auto": "E   ApiError: InvalidInstanceId",
        "long": "E   *faultzone.api.errors.ApiError: Inv*",
    }.items():
        result = pytester.runpytest_inprocess("--junitxml=out.xml", f"--tb={style}")
        result.assert_outcomes(failed=2)
        result.stdout.fnmatch_lines(
            ["E   [[]XPASS(strict)[]] SHOP-12", "FAILED *::test_good - [[]XPASS(strict)[]] SHOP-12"]
        )
        good, bad = (case[0] for case in ElementTree.parse(pytester.path / "out.xml").iter("testcase"))
        assert "again     pytest" in str(good.text)
        assert good.get("message") == "[XPASS(strict)] SHOP-12"
        assert fnmatch.filter(str(bad.text).splitlines(), f"{wanted}*")
        assert "again     pytest" in str(bad.text)


def test_a_test_without_a_region_reads_as_ever(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_one(region):\n    pass\n\ndef test_it():\n    assert 1 == 2\n")
    result = pytester.runpytest_inprocess()
    result.stdout.fnmatch_lines([">       assert 1 == 2", "E       assert 1 == 2"])
    result.stdout.no_fnmatch_line("again*")


def test_a_mistake_of_faultzone_itself_keeps_its_frames(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        def test_it(region, monkeypatch):
            monkeypatch.setattr("faultzone.region.clean_up._MADE", None)
            region.call("CreateDeploymentSet")
    """)
    pytester.runpytest_inprocess().stdout.fnmatch_lines(
        ["E *AttributeError*", "*clean_up.py:*: AttributeError", "again *"]
    )


def test_the_journal_is_named_where_it_is_kept(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_it(region):\n    assert region.instances\n")
    result = pytester.runpytest_inprocess("--faultzone-journal=out")
    (line,) = [line for line in result.outlines if line.startswith("journal ")]
    assert (pytester.path / line.split()[1]).is_file()
    assert Path(line.split()[1]).parts[:2] == ("out", "main")


def test_what_could_not_be_run_is_said_without_being_asked(pytester: pytest.Pytester) -> None:
    pytester.makeconftest("""
        from faultzone.backends.local import LocalBackend

        def pytest_faultzone_backend(config, options):
            class Public(LocalBackend):
                capabilities = frozenset({"move-time"})

            return Public(options.shapes)
    """)
    pytester.makepyfile("""
        import pytest

        @pytest.mark.needs("guest")
        @pytest.mark.parametrize("n", range(3))
        def test_it(region, n): pass

        def test_other(region): pass
    """)
    says = "not supported, 3 tests: the memory backend does not let a test teach guests commands*"
    pytester.runpytest_inprocess().stdout.fnmatch_lines([says])
    pytester.runpytest_inprocess("-rs").stdout.no_fnmatch_line("not supported, *")


#: As if the model had a fault: two members of a set on one host.
VIOLATES = """
from faultzone import make_region as plain


def stack(region):
    one, two = region.run_instances(2, deployment_set=region.create_deployment_set())
    last = [entry for entry in region.journal.of("transition", instance=two.id)][-1]
    region.journal.append(region.clock.ms, "transition", {**last.data, "from": "Running", "host": one.host})
"""


@pytest.mark.parametrize(
    "test",
    [
        "def test_it(make_region):\n    stack(make_region())",
        "def test_it(make_region):\n    region = make_region()\n    stack(region)\n    region.close()",
        "def test_it():\n    stack(plain())",
        "import unittest\nclass TestIt(unittest.TestCase):\n    def test_it(self):\n        stack(plain())",
    ],
)
def test_every_region_of_a_test_is_judged(pytester: pytest.Pytester, test: str) -> None:
    pytester.makepyfile(f"{VIOLATES}\n\n{test}\n\n\ndef test_other():\n    pass\n")
    result = pytester.runpytest_inprocess()
    result.assert_outcomes(passed=2, errors=1)
    result.stdout.fnmatch_lines(["*ERROR at teardown of *test_it*", "*spread: violated: * share a host*"])
    pytester.runpytest_inprocess("--faultzone-checkers=none").assert_outcomes(passed=2)


def test_a_region_that_tests_share_is_judged_once_at_its_end(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        test_one=f"{VIOLATES}\nimport unittest\n\nclass TestIt(unittest.TestCase):\n    @classmethod\n"
        "    def setUpClass(cls):\n        cls.region = plain()\n\n"
        "    def test_one(self):\n        stack(self.region)\n\n    def test_two(self):\n        stack(self.region)\n",
        test_two="def test_last():\n    pass\n",
    )
    result = pytester.runpytest_inprocess()
    result.assert_outcomes(passed=3, errors=1)
    result.stdout.fnmatch_lines(["*ERROR at teardown of TestIt.test_two*", "*spread: violated*"])


# The parts


def test_a_story_travels_as_json() -> None:
    story = Story(["wrong"], [], [Block("again", [("", "pytest")], "command"), Block("last", [("+0 s", "x")])])
    assert Story.of(json.loads(json.dumps(story.as_json()))) == story


@pytest.mark.parametrize("width", [20, 33, 40, 80, 200])
@pytest.mark.parametrize("form", ["rows", "text", "command"])
def test_a_block_fits_any_width(width: int, form: str) -> None:
    said = "RunInstances InstanceName='名字" + "é" * 50 + "' a few words --option=value 'and more'"
    lines = [
        line
        for line, _ in Shown(None, Story([said], [], [Block("name", [("+4 d", said)], form)])).lines(width, "utf-8")
    ]
    assert max(map(columns, lines)) <= width
    for line, _ in Shown(None, Story([said])).lines(width, "ascii"):
        assert line.isascii()


def test_a_command_stays_one_for_the_shell() -> None:
    words = [
        "pytest",
        "tests/test it.py::test_one[it's 名字 of a long parameter, longer than a line]",
        "--seed=" + "7" * 70,
    ]
    command = shlex.join([*words, "--rootdir=/somewhere", "a  b", "--faultzone-edition=2020-12"])
    for width in (40, 80):
        shell = Shown(None, Story(blocks=[Block("again", [("", command)], "command")])).lines(width, "utf-8")
        lines = [line for line, _ in shell if line.strip()]
        assert max(map(columns, lines)) <= width
        copied = "\n".join(lines).strip().removeprefix("again").strip()
        told = subprocess.run(["sh", "-c", f'printf "%s\\n" {copied}'], capture_output=True, text=True, check=True)
        assert told.stdout.splitlines() == shlex.split(command)


@pytest.mark.parametrize("room", [24, 30, 50])
def test_code_over_several_lines_means_the_same(room: int) -> None:
    code = "made = dict(one=[1, 2, (3, 4)], two='a, (b', three=\"it's, so\", four={'x': [5, 6]}, five=len('abc'))"
    story = Story(blocks=[Block("code", [("", code)], "verbatim")])
    lines = [line for line, _ in Shown(None, story).lines(room, "utf-8")][2:]
    assert len(lines) > 2
    assert max(map(len, lines)) <= room
    whole: dict[str, object] = {}
    parts: dict[str, object] = {}
    exec(code, whole)
    exec("\n".join(lines), parts)
    assert parts["made"] == whole["made"]


def test_folding_keeps_every_character() -> None:
    text = "    the indented words, 名字 and a-very-long-word" * 3
    assert "".join("".join(fold(text, 17)).split()) == "".join(text.split())


@pytest.mark.parametrize(
    ("length", "said"),
    [
        (0, "0 s"),
        (100, "100 ms"),
        (1500, "1.5 s"),
        (59_999, "59.999 s"),
        (60_000, "1 min"),
        (303_100, "5 min 3 s"),
        (3_600_000, "1 h"),
        (3_603_000, "1 h"),
        (388_803_000, "4 d 12 h"),
        (86_460_000, "1 d"),
        (315_360_000_000, "3650 d"),
    ],
)
def test_a_length_of_time_is_for_people(length: int, said: str) -> None:
    assert in_words(length) == said


def test_a_length_of_time_in_words_can_be_read_again() -> None:
    for length in [*range(0, 200_000, 997), *range(0, CLOCK_END, CLOCK_END // 999)]:
        assert length * 23 // 24 - 1 <= milliseconds(in_words(length)) <= length


@pytest.mark.parametrize("width", [40, 80])
def test_what_a_terminal_would_obey_is_escaped(width: int) -> None:
    said = "web\x1b[2J\x1b[31m\r\x07\u202e\tend " * 9
    blocks = [
        Block("last", [("00:01", said)]),
        Block("code", [("", said)], "verbatim"),
        Block("a", [("", said)], "text"),
    ]
    story = Story([said], [Frame("test_it.py", 7, "test_it", [said])], blocks)
    lines = [line for line, _ in Shown(None, story).lines(width, "utf-8")]
    assert all(line.isprintable() for line in lines)
    assert max(map(columns, lines)) <= width
    assert sum("\\x1b[2J" in line for line in lines) > 5
