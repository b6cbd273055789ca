"""An image of the user's as the root of instances: a shell is all that it needs to have."""

from __future__ import annotations

import base64
import io
import tarfile
from collections.abc import Iterator
from pathlib import Path

import docker
import pytest

from faultzone.errors import HarnessError, UsageError
from faultzone.substrate.docker.session import Session
from tests.docker.conftest import MakeRegion
from tests.docker.test_instances import answers, hears, out, shell, soon, tells
from tests.docker.test_scripts import ran

pytestmark = [pytest.mark.docker, pytest.mark.slow]
NO_SHELL = "-without-a-shell"


def packed(files: dict[str, bytes | str]) -> bytes:
    """An archive of programs, and of links where the content is text."""
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as tar:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.mode = 0o755
            if isinstance(content, str):
                entry.type, entry.linkname = tarfile.SYMTYPE, content
                tar.addfile(entry)
            else:
                entry.size = len(content)
                tar.addfile(entry, io.BytesIO(content))
    return data.getvalue()


@pytest.fixture(scope="module")
def image(hosts: Session, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """An image made of nothing but a shell, and one without even that."""
    client = docker.from_env()
    with hosts.engine.container(hosts.image, ("true",), {}) as made:
        parts, _ = client.api.get_archive(made, "/usr/bin/busybox")
        with tarfile.open(fileobj=io.BytesIO(b"".join(parts))) as tar:
            (member,) = tar.getmembers()
            file = tar.extractfile(member)
            assert file is not None
            busybox = file.read()
    links = dict.fromkeys("bin/sh bin/cat bin/ls bin/hostname bin/ping bin/wget bin/mv bin/ln".split(), "busybox")
    archive: Path = tmp_path_factory.mktemp("root") / "root.tar"
    archive.write_bytes(packed({"bin/busybox": busybox, **links, "motto": b"of my own\n"}))
    name = f"faultzone-test/root:{hosts.id}"
    hosts.engine.import_image(archive, name, {})
    archive.write_bytes(packed({"motto": b"of my own\n"}))
    hosts.engine.import_image(archive, name + NO_SHELL, {})
    yield name
    for tag in (name, name + NO_SHELL):
        client.images.remove(tag)
    client.close()


def test_instances_have_the_image_as_their_root_and_all_else_as_ever(make: MakeRegion, image: str) -> None:
    region = make(zones=1, hosts_per_zone=3, root_image=image)
    program = base64.b64encode(b"#!/bin/sh\ncat /motto > /started\n").decode()
    one, other = region.run_instances(2, deployment_set=region.create_deployment_set(), UserData=program)
    assert one.exec("cat /motto; ls /usr/bin/python3") == (
        1,
        "of my own\nls: /usr/bin/python3: No such file or directory\n",
    )
    name = one.describe()["HostName"]
    assert out(one, "hostname; cat /etc/hostname") == f"{name}\n{name}"
    assert out(one, "pwd; ls -d /tmp /proc/1 /dev/null /mnt/local") == "/root\n/dev/null\n/mnt/local\n/proc/1\n/tmp"
    assert ran(one, "cat /motto")["Output"] == "of my own\n"
    assert out(one, "wget -qO- http://100.100.100.200/latest/meta-data/instance-id") == one.id
    soon(lambda: shell(one, "cat /started") == (0, "of my own"))
    assert hears(one, other)
    out(one, f"ping -c1 -W9 {other.describe()['HostName']}")


def test_what_an_instance_writes_over_the_image_is_its_own_and_stays(make: MakeRegion, image: str) -> None:
    region = make(zones=1, hosts_per_zone=3, root_image=image)
    one, other = region.run_instances(2, deployment_set=region.create_deployment_set())
    one.put("/motto", b"changed\xff", 0o600)
    assert out(other, "cat /motto") == "of my own"
    one.reboot()
    assert out(one, "cat /motto") == "changed\udcff"
    region.control("migrate", instance=one.id)
    soon(lambda: answers(one))
    assert out(one, "cat /motto") == "changed\udcff"
    (new,) = region.run_instances(1)
    assert out(new, "cat /motto") == "of my own"


def test_an_image_is_unpacked_once(
    make: MakeRegion, image: str, hosts: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(zones=1, hosts_per_zone=1, root_image=image)
    monkeypatch.setattr(hosts.engine, "container", None)
    (one,) = make(zones=1, hosts_per_zone=1, root_image=image).run_instances(1)
    assert out(one, "cat /motto") == "of my own"


@pytest.mark.parametrize(
    ("wrong", "says"), [("-that-is-not", "could not pull"), (NO_SHELL, "its /bin/sh does not run")]
)
def test_an_image_that_cannot_be_a_root_is_refused(
    make: MakeRegion, image: str, hosts: Session, wrong: str, says: str
) -> None:
    before = {each.id for each in hosts.engine.made(hosts.id)}
    with pytest.raises(UsageError, match=says):
        make(root_image=image + wrong)
    assert {each.id for each in hosts.engine.made(hosts.id)} <= before


def test_a_link_that_leads_out_of_the_root_does_not_lead_the_host_there(make: MakeRegion, image: str) -> None:
    region = make(zones=1, hosts_per_zone=1, root_image=image)
    one, other = region.run_instances(2)
    out(one, "mv /mnt /old && ln -s /opt /mnt")

    def reboot() -> None:
        region.call("RebootInstance", InstanceId=one.id, ForceStop=True)
        soon(lambda: other.exec("false").exit_code == 0)

    with pytest.raises(HarnessError, match="/mnt/local leads out of the instance's root"):
        reboot()
    # It is started again and again, so the hosts are in trouble more than once.
    soon(lambda: tells(other, "ls /mnt/local; echo well") == "well")


def test_a_marker_and_an_option_name_the_image(pytester: pytest.Pytester, image: str) -> None:
    pytester.makepyfile(f"""
        import pytest

        def test_option(region):
            one, = region.run_instances(1)
            assert one.exec("cat /motto").output == "of my own\\n"

        @pytest.mark.region(root_image={image + NO_SHELL!r})
        def test_marker(region):
            pass
    """)
    done = pytester.runpytest_subprocess("--faultzone-backend=docker", f"--faultzone-docker-root={image}")
    done.assert_outcomes(passed=1, errors=1)
    assert "its /bin/sh does not run" in done.stdout.str()
