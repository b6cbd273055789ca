"""What becomes of the images of hosts once no checkout uses them."""

from __future__ import annotations

import os
import tarfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import pytest

from faultzone.cli import main as cli
from faultzone.substrate.docker import image
from faultzone.substrate.docker.cleanup import labels, leftovers
from faultzone.substrate.docker.engine import LABEL, Made
from faultzone.substrate.docker.session import Session

pytestmark = [pytest.mark.docker, pytest.mark.slow]
#: How what this process has made is told from that of others.
OURS = f"/{os.getpid()}/"
WEEK = 7 * 24 * 3600


@pytest.fixture
def make(hosts: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str, str], str]]:
    """Make images in the place of those of hosts: neighbours have theirs on this engine too."""
    repository = f"faultzone/test-{hosts.id}"
    monkeypatch.setattr(image, "_HOST", repository)
    monkeypatch.setattr(image, "_BASE", repository)
    archive = tmp_path / "image.tar"
    made = []

    def make(version: str, code: str) -> str:
        with tarfile.open(archive, "w") as tar:
            tar.addfile(tarfile.TarInfo(version))
        made.append(f"{repository}:{version}")
        hosts.engine.import_image(archive, made[-1], {LABEL: "image", image._CODE: code})
        return made[-1]

    yield make
    for tag in made:
        if hosts.engine.image_id(tag):
            hosts.engine._api.remove_image(tag)


def used(hosts: Session) -> dict[str, float]:
    return {each.name: each.used for each in hosts.engine.images([image._HOST])}


def test_sweep_removes_images_of_other_versions_that_nobody_has_used_for_a_week(
    hosts: Session,
    make: Callable[[str, str], str],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    old, held, neighbours = (make(each, "other") for each in ("old", "held", "neighbours"))
    ours = {make("host", image._host_code()), make("base", image._base_code())}
    made = used(hosts)[neighbours]
    hosts.engine.say_used(neighbours)
    last = used(hosts)[neighbours]
    assert last > made
    monkeypatch.setattr(image, "time", SimpleNamespace(time=lambda: last + WEEK))
    with hosts.engine.container(held, ("true",), labels("held")):
        assert cli.main(["sweep", "--dry-run"]) == 0
        assert f"image      {old}\nwould remove" in capsys.readouterr().out
        assert used(hosts).keys() == {old, held, neighbours} | ours
        assert cli.main(["sweep"]) == 0
        assert f"image      {old}\nremoved" in capsys.readouterr().out
        assert used(hosts).keys() == {held, neighbours} | ours


def test_a_session_says_that_it_uses_its_images(hosts: Session) -> None:
    before = {each.name: each.used for each in hosts.engine.images((image._HOST, image._BASE))}
    tag = image.ensure(hosts.engine)
    base = image._made_base(hosts.engine, "", [])
    after = {each.name: each.used for each in hosts.engine.images((image._HOST, image._BASE))}
    assert after[tag] > before[tag]
    assert after[base] > before[base]
    assert {tag, base}.isdisjoint(each.name for each in image.unused(hosts.engine))


def test_no_session_that_begins_meanwhile_sweeps_away_a_build(hosts: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """The containers of a build's steps are its session's, as long as that lives."""
    monkeypatch.setattr(image, "_DOCKERFILE", image._DOCKERFILE + "RUN sleep 1\n")

    def steps() -> list[Made]:
        return [each for each in hosts.engine.made("image") if OURS in each.labels.get("faultzone.owner", "")]

    with ThreadPoolExecutor(1) as threads:
        tag = threads.submit(image.ensure, hosts.engine)
        while not (running := [each for each in steps() if each.state == "running"]):
            assert not tag.done()
            time.sleep(0.01)
        assert [each for each in leftovers(hosts.engine) if each in running] == []
    assert steps() == []
    hosts.engine.remove(Made("image", tag.result(), tag.result(), {}))
