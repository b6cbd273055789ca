"""Parameters that no edition has: the end of a run tells of each once, with its action."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

TESTS = """
import pytest

def called(region):
    for _ in range(2):
        region.call("DescribeInstances", Colour="blue", PageSize=1)
    region.call("DescribeZones", Kennwort="secret value")

def test_one(region): called(region)
def test_two(make_region):
    with make_region() as made: called(made)
def test_three():
    import faultzone
    faultzone.make_region().call("DescribeInstances", Size="large")
"""


@pytest.mark.parametrize("workers", [[], pytest.param(["-n", "2"], marks=pytest.mark.slow)], ids=["alone", "workers"])
def test_the_end_of_a_run_tells_of_each_once(pytester: pytest.Pytester, workers: list[str]) -> None:
    pytester.makepyfile(TESTS)
    result = pytester.runpytest_inprocess("-p", "no:randomly", *workers)
    result.assert_outcomes(passed=3)
    told = [line for line in result.outlines if line.startswith("ignored, since no edition has it: ")]
    assert sorted(name for line in told for name in line.partition(": ")[2].split(", ")) == [
        "DescribeInstances Colour",
        "DescribeInstances Size",
        "DescribeZones Kennwort",
    ]
    assert "secret value" not in "\n".join(told)


def test_names_that_the_suite_gives_on_purpose_are_not_told_of(pytester: pytest.Pytester) -> None:
    folder = pytester.mkdir("faultzone_specs")
    (folder / "test_own.py").write_text(TESTS)
    result = pytester.runpytest("-p", "no:randomly", str(folder))
    result.assert_outcomes(passed=3)
    assert "no edition has" not in result.stdout.str()


def test_a_run_in_which_nothing_was_ignored_tells_of_nothing(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_it(region): region.call('DescribeInstances', PageSize=1)")
    assert "no edition has" not in pytester.runpytest().stdout.str()


def test_the_report_of_a_test_has_each_for_programs_to_read(pytester: pytest.Pytester) -> None:
    """As a property: one for each action and name, once for a region that tests share."""
    pytester.makepyfile(f"""{TESTS}
@pytest.fixture(scope="module")
def shared():
    import faultzone
    with faultzone.make_region() as made: yield made

def test_four(shared): shared.call("DescribeZones", Colour="red")
def test_five(shared): shared.call("DescribeZones", Colour="red", Shape="round")
def test_six(region): region.call("DescribeZones")
""")
    pytester.runpytest_inprocess("-p", "no:randomly", "--junitxml=report.xml").assert_outcomes(passed=6)
    report = ElementTree.parse(pytester.path / "report.xml")
    assert {
        case.get("name"): [each.get("value") for each in case.iter("property")] for case in report.iter("testcase")
    } == {
        "test_one": ["DescribeInstances Colour", "DescribeZones Kennwort"],
        "test_two": ["DescribeInstances Colour", "DescribeZones Kennwort"],
        "test_three": ["DescribeInstances Size"],
        "test_four": ["DescribeZones Colour"],
        "test_five": ["DescribeZones Shape"],
        "test_six": [],
    }
    assert {each.get("name") for each in report.iter("property")} == {"faultzone-ignored"}
