"""The table of options: held against the harness, and what it refuses."""

from __future__ import annotations

import pytest

from faultzone.errors import UsageError
from faultzone.model.core.shape import Shape
from faultzone.region import CloudOptions
from pytest_faultzone import marks, options
from pytest_faultzone.options import ARGUMENTS, OPTIONS


def test_the_defaults_are_those_of_the_harness() -> None:
    own, shape = CloudOptions(), Shape()
    for name, argument in ARGUMENTS.items():
        if name not in ("seed", "edition", "regions", "rules", "shape"):
            default = getattr(own, name) if hasattr(own, name) else getattr(shape, name)
            assert argument.default == default, name


def test_a_region_takes_what_the_harness_can_make() -> None:
    known = {*CloudOptions._fields, *Shape._fields}
    assert set(ARGUMENTS) == known - {"shapes"} | {"regions", "shape"}


def test_every_option_that_a_marker_overrides_says_which_argument_does() -> None:
    named = {each.argument for each in OPTIONS if each.argument}
    assert named == {"edition", "seed", "root_image", "unknown"}
    assert named <= ARGUMENTS.keys()


def test_every_example_is_a_value_that_can_be() -> None:
    for name, argument in ARGUMENTS.items():
        value = argument.default if argument.example is None else argument.example
        assert argument.objection(value) == "", name


@pytest.mark.parametrize(
    ("shape", "says"),
    [
        (
            {"zone": 2},
            "unknown option 'zone' of a region: did you mean 'zones'? expected one of 'accounts', 'all_regions'",
        ),
        ({"zones": "3"}, "region(zones=...): zones='3': expected a whole number or a list, such as zones=2"),
        ({"zones": True}, "zones=True: expected a whole number"),
        ({"zones": 0}, "zones=0: expected a whole number from 1 to"),
        ({"accounts": 2.5}, "accounts=2.5: expected a whole number"),
        (
            {"regions": "cn-hangzhou"},
            "regions='cn-hangzhou': expected a list, such as regions=('cn-hangzhou',)",
        ),
        ({"clock": "real"}, "clock='real': expected 'virtual' or 'hybrid'"),
        ({"recovery": 1}, "recovery=1: expected 'planned' or 'immediate'"),
        ({"supply": ["*"]}, "supply=['*']: expected a mapping, such as supply={'*/ecs.g5': 10}"),
        ({"supply": {"*": 1}}, "expected a key 'zone/family'"),
        ({"scale": "20"}, "scale='20': expected a number, such as scale=1.0"),
        ({"default_network": 1}, "default_network=1: expected True or False"),
        ({"seed": None}, "seed=None: expected a whole number or text, such as seed=7"),
    ],
)
def test_what_a_region_cannot_be_is_refused_in_a_sentence(shape: dict[str, object], says: str) -> None:
    with pytest.raises(UsageError) as refused:
        marks.check_shape(shape)
    assert says in str(refused.value)


def test_a_region_that_cannot_be_is_not_collected(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        import pytest

        @pytest.mark.region(zones=2)
        class TestThem:
            @pytest.mark.region(host_per_zone=2)
            def test_it(self, region): pass
    """)
    result = pytester.runpytest_inprocess()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        ["*::test_it: unknown option 'host_per_zone' of a region: did you mean 'hosts_per_zone'*"]
    )


@pytest.mark.parametrize(
    ("setting", "says"),
    [
        ("docker_hosts = many", "many"),
        ("docker_hosts = 0", "faultzone_docker_hosts: '0': expected a whole number, 1 or more"),
        ("docker_plain = perhaps", "perhaps"),
        ("keep = all", "faultzone_keep='all': expected 'none' or 'failed'"),
    ],
)
def test_a_setting_that_cannot_be_is_one_usage_error(pytester: pytest.Pytester, setting: str, says: str) -> None:
    pytester.makeini(f"[pytest]\nfaultzone_{setting}\n")
    result = pytester.runpytest_inprocess()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert says in result.stderr.str()
    assert "Traceback" not in result.stderr.str() + result.stdout.str()


@pytest.mark.parametrize(
    ("ini", "arguments", "expected"),
    [
        ("", [], (48, False)),
        ("faultzone_docker_hosts = 7\nfaultzone_docker_plain = yes", [], (7, True)),
        (
            "faultzone_docker_hosts = 7\nfaultzone_docker_plain = yes",
            ["--faultzone-docker-hosts=9", "--no-faultzone-docker-plain"],
            (9, False),
        ),
    ],
)
def test_values_have_the_type_of_their_option(
    pytester: pytest.Pytester, ini: str, arguments: list[str], expected: tuple[int, bool]
) -> None:
    pytester.makeini(f"[pytest]\n{ini}\n")
    config = pytester.parseconfig(*arguments)
    assert (options.DOCKER_HOSTS.read(config), options.DOCKER_PLAIN.read(config)) == expected
    again = [word for option in OPTIONS for word in option.written(config)]
    assert again == arguments


def test_a_path_of_the_configuration_file_is_below_the_root_directory(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytester.makeini("[pytest]\nfaultzone_journal = out\n")
    below = pytester.mkdir("below")
    monkeypatch.chdir(below)
    assert options.JOURNAL.path(pytester.parseconfig("--rootdir", str(pytester.path))) == pytester.path / "out"
    assert options.JOURNAL.path(pytester.parseconfig("--faultzone-journal=out")) == below / "out"
