"""An engine that is not there, will not, cannot or dies: a clear error, nothing half-made, and the next test works."""

from __future__ import annotations

import io
import os
import socket
import subprocess
import sys
import tarfile
import tempfile
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import docker
import pytest

from benchmarks.proxy import ENGINE, Proxy, proxy
from faultzone.errors import HarnessError, NotSupported
from faultzone.region import CloudOptions, Region, docker_backend, make_region
from faultzone.substrate.docker import fabric, image, outage, session
from faultzone.substrate.docker.cleanup import labels
from faultzone.substrate.docker.engine import Container, Engine
from faultzone.substrate.docker.session import Session, Settings
from tests.docker.conftest import MakeRegion
from tests.docker.test_instances import answers, hears, lose, out, soon

pytestmark = [pytest.mark.docker, pytest.mark.slow]

HARNESS = Path(__file__).parents[2] / "harness"
ENTER = """
import os
import docker, docker.context
from faultzone.errors import NotSupported
from faultzone.substrate.docker.engine import Engine
if os.geteuid() == 0:  # To root no socket is closed.
    os.setuid(65534)
try:
    Engine()
except NotSupported as why:
    print(why)
"""


def test_a_socket_that_refuses_is_not_supported_and_says_what_to_do() -> None:
    with tempfile.TemporaryDirectory() as directory, socket.socket(socket.AF_UNIX) as door:
        path = Path(directory) / "docker.sock"
        door.bind(str(path))
        door.listen()
        path.chmod(0)
        Path(directory).chmod(0o755)
        environment = {**os.environ, "DOCKER_HOST": f"unix://{path}", "PYTHONPATH": str(HARNESS)}
        command = [sys.executable, "-c", ENTER]
        said = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300, env=environment)
    assert "Permission denied" in said.stdout, said.stderr
    assert "group docker" in said.stdout


@pytest.fixture
def before_engine(hosts: Session, monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxy]:
    """What is made from here on speaks to the engine through a proxy."""
    if os.environ.get("DOCKER_HOST", f"unix://{ENGINE}") != f"unix://{ENGINE}":
        pytest.skip(f"the proxy is before {ENGINE}")
    with proxy() as made:
        monkeypatch.setenv("DOCKER_HOST", f"unix://{made.path}")
        yield made


MakeProxied = Callable[[], Region]


@pytest.fixture
def proxied(before_engine: Proxy) -> Iterator[MakeProxied]:
    """Make regions whose hosts are reached through the proxy, and see that nothing of them is left."""
    settings = Settings(hosts=9)
    made: list[Region] = []

    def make() -> Region:
        backend = docker_backend(CloudOptions.of(zones=1, hosts_per_zone=2), settings)
        made.append(make_region(backend, zones=1, hosts_per_zone=2))
        return made[-1]

    yield make
    before_engine.join()
    for region in made:
        region.close()
    own = session._SESSIONS.pop(settings)
    own.close()
    engine = Engine()
    assert engine.made(own.id) == []
    engine.close()


def test_when_the_engine_dies_the_test_ends_with_that_and_not_with_a_verdict_on_the_region(
    before_engine: Proxy, proxied: MakeProxied, monkeypatch: pytest.MonkeyPatch
) -> None:
    region = proxied()
    (one,) = region.run_instances(1)
    assert answers(one)
    before_engine.cut()
    with pytest.raises(HarnessError, match="the Docker engine no longer answers"):
        soon(lambda: one.status != "Running")
    for _ in range(2):  # It is said of everything from now on.
        with pytest.raises(HarnessError, match="the Docker engine no longer answers"):
            one.describe()
    assert "HostLost" not in str(list(region.journal.entries))
    region.close()
    with monkeypatch.context() as patched:
        patched.setattr(outage, "AWAY_SECONDS", 0.5)
        with pytest.raises(HarnessError, match="the Docker engine no longer answers"):
            proxied().run_instances(1)
    before_engine.join()
    (one,) = proxied().run_instances(1)
    assert out(one, "echo well") == "well"


def test_a_session_ends_without_its_engine_and_says_so_and_all_goes_once_it_is_back(
    before_engine: Proxy, hosts: Session
) -> None:
    opened = Session(Settings())
    opened.warm(1)
    before_engine.cut()
    with pytest.raises(HarnessError, match="the Docker engine no longer answers"):
        opened.close()
    assert {each.kind for each in hosts.engine.made(opened.id)} >= {"network", "volume"}
    before_engine.join()
    soon(lambda: not hosts.engine.made(opened.id))  # The watchdog has gone on.


@pytest.mark.parametrize("away", ["cut", "frozen"])
def test_a_session_ends_in_order_once_its_engine_is_back_after_some_seconds(
    before_engine: Proxy, hosts: Session, away: str
) -> None:
    opened = Session(Settings())
    opened.warm(1)
    leave, come_back = {
        "cut": (before_engine.cut, before_engine.join),
        "frozen": (before_engine.freeze, before_engine.thaw),
    }[away]
    leave()
    timer = threading.Timer(1.0, come_back)
    timer.start()
    opened.close()
    timer.join()
    assert hosts.engine.made(opened.id) == []


@pytest.mark.parametrize("when", ["before", "in its middle"])
def test_an_engine_that_is_away_for_some_seconds_costs_no_later_test(
    before_engine: Proxy, proxied: MakeProxied, when: str
) -> None:
    """What begins meanwhile waits; a request whose answer is lost is made again, though it may have been heard."""
    region = proxied()
    assert answers(region.run_instances(1)[0])
    before_engine.cut()
    region.close()
    timer = threading.Timer(2.5, before_engine.join)
    if when == "before":
        timer.start()
    else:
        before_engine.join()
        before_engine.lost |= {"/containers/create", "/start"}
    for _ in range(3):
        (one,) = proxied().run_instances(1)
        assert out(one, "echo well") == "well"
    if when == "before":
        timer.join()


def test_what_the_engine_makes_of_a_request_that_got_no_answer_goes_after_the_session_too(
    before_engine: Proxy, hosts: Session
) -> None:
    opened = Session(Settings())
    before_engine.lost.add("/volumes/create")
    with pytest.raises(HarnessError, match="no longer answers"), opened.watchdog.expecting("volume", "late"):
        opened.engine.create_volume("other", opened.labels)
    opened.close()
    assert hosts.engine.made(opened.id) == []
    hosts.engine.create_volume("late", opened.labels)
    soon(lambda: not hosts.engine.made(opened.id))


@pytest.mark.parametrize("how", ["between tests", "from under the hosts"])
def test_a_network_that_is_removed_by_hand_costs_no_later_test(hosts: Session, how: str) -> None:
    settings = Settings(hosts=8)
    opened = session.session(settings)

    def make() -> Region:
        options = CloudOptions.of(zones=1, hosts_per_zone=2)
        return make_region(docker_backend(options, settings), zones=1, hosts_per_zone=2)

    try:
        with make() as region:
            assert answers(region.run_instances(1)[0])
            if how == "from under the hosts":
                remove_network(opened)
        if how == "between tests":
            opened.cool()
            remove_network(opened)
        else:
            soon(lambda: not any(link.alive for link in [*opened.pool.idle, *opened.pool.leased]))
        for _ in range(3):
            with make() as region:
                one, other = region.run_instances(2, deployment_set=region.create_deployment_set())
                soon(partial(hears, one, other))
    finally:
        session._SESSIONS.pop(settings).close()
    assert hosts.engine.made(opened.id) == []


def remove_network(opened: Session) -> None:
    """Remove a session's network as somebody would who takes whatever is in it out of it first."""
    client = docker.from_env()
    network = client.networks.get(opened.network)
    for each in network.containers:
        network.disconnect(each, force=True)
    network.remove()
    client.close()


def test_an_image_that_is_removed_by_hand_is_made_again(hosts: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(image, "_DOCKERFILE", image._DOCKERFILE + "ENV REMOVED=by-hand\n")
    opened = Session(Settings())
    try:
        for _ in range(2):
            hosts.engine._api.remove_image(opened.image, force=True)
            opened.warm(1)
            opened.cool()
    finally:
        opened.close()
        hosts.engine._api.remove_image(opened.image)


def test_an_address_that_somebody_has_is_left_alone(hosts: Session) -> None:
    opened = Session(Settings())
    try:
        wanted = Container(
            f"faultzone-{opened.id}-99",
            opened.image,
            opened.network,
            f"{opened.subnet}.3",
            opened.volume,
            opened.labels,
        )
        stream = opened.engine.start(wanted)[1]
        opened.warm(1)
        assert opened.pool.idle[0].address != wanted.address
        stream.close()
    finally:
        opened.close()


@pytest.mark.parametrize("asked", ["POST /v1.41/containers/create", "/start"])
def test_a_full_engine_disk_is_said_in_the_engine_s_words(
    before_engine: Proxy, proxied: MakeProxied, asked: str
) -> None:
    words = "mkdir /var/lib/docker/overlay2/x: no space left on device"
    region = proxied()
    before_engine.refused[asked] = words
    with pytest.raises(HarnessError, match=rf"could not start the container .*{words}"):
        region.run_instances(2, deployment_set=region.create_deployment_set())
    region.close()
    before_engine.refused.clear()
    (one,) = proxied().run_instances(1)
    assert out(one, "echo well") == "well"


@pytest.mark.parametrize("asked", ["/networks/create", "/volumes/create", "/images/", "/info"])
def test_a_pool_that_cannot_open_leaves_nothing(before_engine: Proxy, hosts: Session, asked: str) -> None:
    before_engine.refused[asked] = "no space left on device"
    with pytest.raises((HarnessError, NotSupported), match=r"no space left on device|no Docker engine answers"):
        Session(Settings())
    ours = [each for each in hosts.engine.made() if f"/{os.getpid()}/" in each.labels.get("faultzone.owner", "")]
    assert [each for each in ours if each.labels["faultzone"] != hosts.id] == []


def empty_image(tag: str, directory: Path) -> str:
    """Make an image without anything to run; its id."""
    archive = directory / "empty.tar"
    with tarfile.open(archive, "w") as tar:
        entry = tarfile.TarInfo("etc/nothing")
        tar.addfile(entry, io.BytesIO())
    engine = Engine()
    engine.import_image(archive, tag, {})
    made = engine.image_id(tag)
    engine.close()
    assert made is not None
    return made


@pytest.mark.parametrize("nameless", [False, True])
def test_a_base_that_cannot_run_the_agent_is_named_and_nothing_but_it_is_left(
    hosts: Session, tmp_path: Path, nameless: bool
) -> None:
    tag = f"faultzone/test-empty:{hosts.id}"
    empty = empty_image(tag, tmp_path)
    names = [tag, empty] if nameless else [tag]
    try:
        if nameless:
            empty_image(tag, tmp_path)
        with pytest.raises(HarnessError, match="cannot run the agents"):
            Session(Settings(base=empty if nameless else tag))
        assert hosts.engine.image_id(empty) == empty
        assert [each for each in hosts.engine._api.images(all=True) if each["ParentId"] == empty] == []
        owners = [each.labels["faultzone.owner"] for each in hosts.engine.made("image")]
        assert [each for each in owners if f"/{os.getpid()}/" in each] == []
    finally:
        for each in names:
            hosts.engine._api.remove_image(each)


def test_a_build_that_fails_is_said_in_the_engine_s_words(
    before_engine: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(image, "_DOCKERFILE", image._DOCKERFILE + "ENV BUILD=other\n")
    before_engine.refused["/build"] = "failed to register layer: no space left on device"
    engine = Engine()
    with pytest.raises(HarnessError, match=r"could not build the image faultzone/host:.*no space left on device"):
        image.ensure(engine)
    engine.close()


def test_a_build_that_fails_half_way_leaves_nothing_of_its_steps(
    hosts: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(image, "_DOCKERFILE", image._DOCKERFILE + "RUN exit 3\n")
    with pytest.raises(HarnessError, match="could not build the image"):
        image.ensure(hosts.engine)
    ours = f"faultzone.owner={labels('any')['faultzone.owner']}"
    assert hosts.engine._api.images(filters={"dangling": True, "label": ours}) == []
    assert hosts.engine._api.containers(all=True, filters={"label": [ours, "faultzone=image"]}) == []


def test_a_full_disk_keeps_nobody_from_an_image_that_is_there(before_engine: Proxy) -> None:
    before_engine.refused["/tag"] = "no space left on device"
    engine = Engine()
    assert engine.image_id(image.ensure(engine)) is not None
    engine.close()


def test_a_subnet_that_somebody_has_is_left_alone(hosts: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("secrets.token_hex", lambda size: "00" * size)
    hosts.engine.create_network("somebody", "10.150.0.0/24", labels("somebody"))
    try:
        other = Session(Settings())
        assert other.subnet == "10.153.209"
        other.close()
        monkeypatch.setattr(fabric, "_SUBNET_TRIES", 1)
        with pytest.raises(HarnessError, match="none of 1 subnets is free; `faultzone sweep`"):
            Session(Settings())
        assert hosts.engine.made("000000000000") == []
        assert [each.name for each in hosts.engine.made("somebody")] == ["somebody"]
    finally:
        for each in hosts.engine.made("somebody"):
            hosts.engine.remove(each)


def test_a_container_that_is_removed_by_hand_is_a_lost_host_and_the_next_region_has_another(
    make: MakeRegion, hosts: Session
) -> None:
    region = make(zones=1, hosts_per_zone=1)
    (one,) = region.run_instances(1)
    out(one, "echo kept > /root/file")
    (link,) = hosts.pool.leased
    hosts.engine.remove(next(each for each in hosts.engine.made(hosts.id) if each.id == link.container))
    host = lose(region, one)
    region.control("replace-host", host=host)
    soon(lambda: answers(one))
    assert out(one, "cat /root/file") == "kept"
    region.close()
    (one,) = make(zones=1, hosts_per_zone=1).run_instances(1)
    assert answers(one)
