"""The lock in the folder of temporary files: what somebody else has put there is neither followed nor waited for."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from faultzone.errors import HarnessError
from faultzone.substrate.docker import lock


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


def test_it_is_held_once_and_can_be_held_again() -> None:
    for _ in range(2):
        with lock.held("image", 0):
            assert lock.path("image").read_text() == f"{os.getpid()}\n"
            with pytest.raises(HarnessError, match="has been locked for 0 s"), lock.held("image", 0):
                pass
    assert stat.S_IMODE(lock.path("image").stat().st_mode) == 0o600


def test_who_holds_it_is_named_with_its_path_and_what_to_do() -> None:
    with (
        lock.held("image", 0),
        pytest.raises(HarnessError, match=rf"^{lock.path('image')} .* of yours, {os.getpid()}: .* end it \(fuser"),
        lock.held("image", 0),
    ):
        pass


def test_a_symbolic_link_is_not_followed(folder: Path) -> None:
    for target in (folder / "there", folder / "not there"):
        (folder / "there").write_text("mine")
        lock.path("image").symlink_to(target)
        with pytest.raises(HarnessError, match=rf"{lock.path('image')} .* is a symbolic link: remove it"):
            lock.held("image", 0).__enter__()
        lock.path("image").unlink()
    assert (folder / "there").read_text() == "mine"
    assert not (folder / "not there").exists()


@pytest.mark.parametrize("kind", ["fifo", "directory", "hard link"])
def test_what_is_no_file_of_ours_alone_is_named_at_once(folder: Path, kind: str) -> None:
    place = lock.path("image")
    (folder / "other").write_text("mine")
    if kind == "fifo":
        os.mkfifo(place)
    elif kind == "directory":
        place.mkdir()
    else:
        place.hardlink_to(folder / "other")
    with pytest.raises(HarnessError, match=rf"{place} .*: remove it, or let TMPDIR"):
        lock.held("image", 0).__enter__()
    assert (folder / "other").read_text() == "mine"


def test_a_folder_in_which_nothing_can_be_made_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(folder / "none"))
    with pytest.raises(HarnessError, match=r"none/faultzone-image-.* is no file that can be opened"):
        lock.held("image", 0).__enter__()
