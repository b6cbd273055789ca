from __future__ import annotations

import sys

import pytest

from faultzone.journal.journal import load

SEEDS = """
    import pytest

    @pytest.fixture(scope="module")
    def shared(make_region):
        return make_region()

    def seed(region):
        return region.journal.entries[0][3]["seed"]

    def test_one(region, record_property):
        record_property("seed", seed(region))

    def test_two(make_region, record_property):
        first, second = make_region(), make_region()
        assert first.run_instances(1)[0].id == second.run_instances(1)[0].id
        record_property("seed", seed(first))

    def test_three(shared, record_property):
        record_property("seed", seed(shared))

    def test_four(shared, record_property):
        record_property("seed", seed(shared))
"""


class Seeds:
    """Gathers what the tests inside record."""

    def __init__(self) -> None:
        self.seen: dict[str, object] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call":
            assert report.passed, report.longreprtext
            self.seen[report.nodeid] = dict(report.user_properties)["seed"]


REVERSED = """
    def pytest_collection_modifyitems(items):
        items.reverse()
"""


def seen(pytester: pytest.Pytester, *arguments: str) -> dict[str, object]:
    seeds = Seeds()
    pytester.inline_run(*arguments, plugins=[seeds])
    return seeds.seen


@pytest.mark.slow
def test_a_seed_depends_on_the_base_seed_and_the_test_alone(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(SEEDS)
    plain = seen(pytester)
    assert len(plain) == 4
    assert len({str(each) for each in plain.values()}) == 3, "tests differ, those that share a region agree"
    assert seen(pytester, "-n2") == plain
    one = next(test for test in plain if test.endswith("test_four"))
    assert seen(pytester, one) == {one: plain[one]}
    other = seen(pytester, "--faultzone-seed=1")
    assert not [test for test in plain if other[test] == plain[test]]
    pytester.makeconftest(REVERSED)
    assert seen(pytester) == plain


def test_the_fixtures_are_of_one_region(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        import pytest

        @pytest.mark.region(zones=3, accounts=2)
        class TestShape:
            @pytest.mark.region(hosts_per_zone=1)
            def test_it(self, region, ecs, chaos, clock, journal):
                assert (len(region.zones), len(region.hosts), len(region.accounts)) == (3, 3, 2)
                assert ecs.DescribeInstances()["TotalCount"] == 0
                assert chaos is region.chaos and clock is region.clock and journal is region.journal
                chaos.crash(region.hosts[0]["host"])

        def test_another(region):
            assert len(region.zones) == 2
            assert not region.journal.of("owed")
    """)
    pytester.runpytest_inprocess().assert_outcomes(passed=2)


def test_given_makes_a_region_for_each_example(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        from hypothesis import given, settings, strategies as st

        made = []

        @settings(max_examples=5, derandomize=True, database=None, deadline=None)
        @given(amount=st.integers(1, 3))
        def test_it(make_region, amount):
            region = make_region()
            made.append(region.run_instances(amount)[0].id)
            assert len(region.instances) == amount

        def test_each_began_anew():
            assert len(made) >= 3 and len(set(made)) == 1
    """)
    pytester.runpytest_inprocess().assert_outcomes(passed=2)


def test_coroutines_and_threads_may_use_a_region(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        import asyncio
        from concurrent.futures import ThreadPoolExecutor

        def test_coroutines(region):
            async def launch():
                return await asyncio.to_thread(region.run_instances, 1)

            async def main():
                return await asyncio.gather(*(launch() for _ in range(4)))

            asyncio.run(main())
            assert len(region.instances) == 4

        def test_threads(region):
            with ThreadPoolExecutor(4) as pool:
                made = list(pool.map(lambda _: region.run_instances(1)[0], range(8)))
            assert set(region.instances) == set(made)
    """)
    pytester.runpytest_inprocess().assert_outcomes(passed=2)


def test_a_region_of_a_wider_scope_lives_on(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        import pytest

        @pytest.fixture(scope="module")
        def shared(make_region):
            made = make_region()
            made.run_instances(1)
            return made

        def test_one(shared, region):
            shared.chaos.crash(shared.hosts[0]["host"])
            shared.clock.advance(5)

        @pytest.mark.parametrize("n", range(3))
        def test_two(shared, region, n):
            assert len(shared.instances) == 1
            assert [each["state"] for each in shared.hosts].count("down") == 1
    """)
    pytester.runpytest_inprocess().assert_outcomes(passed=4)


def test_what_is_broken_at_the_end_of_a_test_is_mended_and_trouble_with_that_is_an_error(
    pytester: pytest.Pytester,
) -> None:
    pytester.makepyfile("""
        from faultzone import HostCrash
        from faultzone.control.faults.breaks import breaks

        class Stubborn(HostCrash):
            pass

        @breaks(Stubborn)
        def crash(backend, fault):
            yield
            raise OSError("no way")

        def test_it(region):
            region.chaos.crash("cn-hangzhou-a-h01")
            region.chaos.inject(Stubborn("cn-hangzhou-a-h02"))
    """)
    result = pytester.runpytest_inprocess()
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["*UndoFailed: *h02*no way*"])


@pytest.mark.parametrize("end", ["raise KeyboardInterrupt", "pytest.exit('enough')", "assert 1 == 2"])
@pytest.mark.slow
def test_what_is_owed_is_mended_however_a_test_ends(pytester: pytest.Pytester, end: str) -> None:
    pytester.makepyfile(f"""
        import pytest

        def test_it(region, make_region):
            other = make_region()
            with region.chaos.crash("cn-hangzhou-a-h01"):
                region.chaos.security_lock(region.run_instances(1)[0].id)
                other.chaos.zone_outage(other.zones[0])
                {end}
    """)
    assert pytester.inline_run("--faultzone-journal=journals", no_reraise_ctrlc=True).ret != 0
    journals = [load(path) for path in sorted(pytester.path.glob("journals/main/*.ndjson"))]
    said = [[entry.kind for entry in each if entry.kind in ("owed", "fault", "undo")] for each in journals]
    assert sorted(said) == [["owed", "fault", "owed", "fault", "undo", "undo"], ["owed", "fault", "undo"]]


@pytest.mark.slow
@pytest.mark.parametrize(("workers", "folders"), [((), {"main"}), (("-n2",), {"gw0", "gw1"})])
def test_journals_are_written_by_worker_and_test(
    pytester: pytest.Pytester, workers: tuple[str, ...], folders: set[str]
) -> None:
    pytester.makepyfile("""
        import pytest

        @pytest.mark.parametrize("n", range(6))
        def test_it(make_region, n):
            for _ in range(2):
                make_region().run_instances(1)
    """)
    result = pytester.runpytest_subprocess("--faultzone-journal=out", "-W", "error", *workers)
    result.assert_outcomes(passed=6)
    files = list((pytester.path / "out").rglob("*.ndjson"))
    assert len(files) == 12
    assert {path.parent.name for path in files} == folders
    assert all("test_it_" in path.name for path in files)
    assert all([entry.kind for entry in load(path)][:2] == ["region", "call"] for path in files)


@pytest.mark.slow
def test_a_plugin_that_is_not_used_imports_nothing_of_the_harness(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        import sys

        def test_it():
            assert "pytest_faultzone.plugin" in sys.modules
            assert [name for name in sys.modules if name.split(".")[0] in ("faultzone", "faultzone_specs")] == []
    """)
    command = (sys.executable, "-m", "pytest", "-p", "no:randomly", "-q")
    assert pytester.run(*command).ret == 0


def test_the_plugin_needs_the_standard_library_and_pytest_alone(pytester: pytest.Pytester) -> None:
    script = pytester.makepyfile(
        imports="""
        import pytest, sys

        before = set(sys.modules)
        import pytest_faultzone.plugin

        brought = {name.partition(".")[0] for name in set(sys.modules) - before}
        print(sorted(brought - sys.stdlib_module_names))
        """
    )
    assert pytester.run(sys.executable, script).stdout.lines[-1:] == ["['pytest_faultzone']"]


def test_a_backend_goes_with_the_last_who_holds_its_region(pytester: pytest.Pytester) -> None:
    """The plugin keeps what it tells of the region of a plain `make_region`, not the hosts."""
    pytester.makepyfile("""
        import gc
        from weakref import ref

        from faultzone.region import make_region

        def test_it():
            region = make_region()
            region.run_instances(1)
            backend = ref(region.backend)
            del region
            gc.collect()
            assert backend() is None
    """)
    pytester.runpytest_inprocess().assert_outcomes(passed=1)
