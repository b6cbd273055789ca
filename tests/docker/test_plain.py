"""The level without namespaces: instances as plain process trees, and what is said of what they lack."""

from __future__ import annotations

import base64
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from faultzone.backends import OWN
from faultzone.errors import HarnessError, NotSupported
from faultzone.region import CloudOptions, Region, docker_backend, make_region
from faultzone.substrate.docker.session import Session, Settings, session
from tests.docker.test_instances import answers, lose, out, shell, soon
from tests.docker.test_scripts import ran

pytestmark = [pytest.mark.docker, pytest.mark.slow]
SETTINGS = Settings(plain=True)


@pytest.fixture
def plain(hosts: Session) -> Iterator[Callable[..., Region]]:
    """Make regions whose hosts have no power to make namespaces."""
    with ExitStack() as stack:

        def made(**options: Any) -> Region:
            return stack.enter_context(make_region(docker_backend(CloudOptions.of(**options), SETTINGS), **options))

        yield made


def test_everything_that_is_lost_is_a_capability_that_is_lacking(plain: Callable[..., Region], hosts: Session) -> None:
    assert set(session(SETTINGS).lost) == OWN
    assert hosts.lost == ()
    region = plain()
    assert [each for each in OWN if region.supports(each)] == []
    assert region.supports("break-hosts")
    with pytest.raises(NotSupported, match="no root_image"):
        plain(root_image="whatever")


def test_an_instance_lives_as_a_process_tree(plain: Callable[..., Region]) -> None:
    region = plain(zones=1, hosts_per_zone=1)
    program = base64.b64encode(b"#!/bin/sh\necho $$ >> /root/started\n").decode()
    one, other = region.run_instances(2, UserData=program)
    soon(lambda: shell(one, "wc -l < /root/started") == (0, "2"))  # They share the root of their host.
    result = ran(one, "echo 123; exit 7")
    assert (result["Output"], result["ExitCode"]) == ("123\n", 7)
    one.put("/root/run", "#!/bin/sh\necho ran\n", 0o755)
    assert out(one, "/root/run") == "ran"
    for stopped in (False, True):
        out(one, "setsid sleep 4321 </dev/null >/dev/null 2>&1 &")
        assert out(other, "pgrep -fc '[s]leep 4321'") == "1"
        if stopped:
            one.stop().start()
        else:
            one.reboot()
        assert shell(other, "pgrep -fc '[s]leep 4321'")[1] == "0"
    assert ran(other, "echo well")["Output"] == "well\n"


def test_a_dead_host_takes_its_process_trees_with_it(plain: Callable[..., Region]) -> None:
    region = plain(zones=1, hosts_per_zone=2)
    one, other = region.run_instances(2, deployment_set=region.create_deployment_set())
    with region.chaos.crash(str(one.host)):
        lose(region, one)
        with pytest.raises(HarnessError, match=one.id):
            one.exec("true")
        assert out(other, "echo well") == "well"
    soon(lambda: answers(one))


def test_a_host_on_which_anything_may_have_been_left_is_used_once(plain: Callable[..., Region]) -> None:
    region = plain(zones=1, hosts_per_zone=1)
    (one,) = region.run_instances(1)
    out(one, "echo x > /etc/left")
    opened = session(SETTINGS)
    (link,), thrown_away = opened.pool.leased, opened.pool.thrown_away
    region.close()
    assert opened.pool.thrown_away == thrown_away + 1
    assert not link.alive


def test_a_test_that_needs_more_is_not_supported_and_others_run(pytester: pytest.Pytester, hosts: Session) -> None:
    pytester.makepyfile("""
        import pytest

        @pytest.mark.needs("own-root")
        def test_root(region):
            assert 0

        @pytest.mark.needs("own-address", "break-hosts")
        def test_address(region):
            assert 0

        @pytest.mark.needs("break-hosts")
        def test_other(region):
            one, = region.run_instances(1)
            assert one.exec("echo plain; test $$ -gt 9").output == "plain\\n"
    """)
    done = pytester.runpytest_subprocess("--faultzone-backend=docker", "--faultzone-docker-plain", "-rs")
    done.assert_outcomes(passed=1, skipped=2)
    assert "does not let a test rely on a separate root file system for each instance (own-root)" in done.stdout.str()


def test_chapters_of_the_suite_conform(hosts: Session) -> None:
    chosen = (
        "instance/identity,instance/life-cycle,assistant/output-base64,recovery/relocates,assistant/record-finished"
    )
    command = [sys.executable, "-m", "faultzone.cli.main", "conform", "--backend=docker", f"--clause={chosen}", "-q"]
    command += ["--faultzone-docker-plain", "-p", "no:cacheprovider"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=900)
    assert done.returncode == 0, done.stdout[-4000:]
    assert " passed" in done.stdout
