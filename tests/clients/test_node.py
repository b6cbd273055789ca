"""@alicloud/ecs20140526, with both signatures, and @alicloud/pop-core, unmodified, where Node is present."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.clients.homes import Modules
from tests.clients.test_new_sdk import IMAGE, TYPE
from tests.support.clients import faultzone_up
from tests.support.patience import PATIENCE

HERE = Path(__file__).parent / "node"
NODE, NPM = shutil.which("node"), shutil.which("npm")

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not (NODE and NPM), reason="Node and npm are not installed")]


@pytest.fixture(scope="module")
def modules() -> Path:
    """A directory with the clients installed; kept between runs, beside the virtual environments."""
    home = Modules()
    assert home.install() == ""
    return home.folder


def test_both_clients_live_through_the_chapter(modules: Path) -> None:
    with faultzone_up() as url:
        script = shutil.copy(HERE / "chapter.js", modules / "chapter.js")
        command = [str(NODE), str(script), urlsplit(url).netloc, IMAGE, TYPE]
        run = subprocess.run(command, cwd=modules, capture_output=True, text=True, timeout=5 * PATIENCE)
    assert run.returncode == 0, run.stderr
    instances = {
        "statuses": ["Running", "Running"],
        "descriptions": ["it's * & + ~"] * 2,
        "refused": "IncorrectInstanceStatus",
    }
    sets = {"names": ["web"], "refused": "InvalidDeploymentSetId.NotFound"}
    assert json.loads(run.stdout) == {"v3": instances, "v1": instances, "get": sets, "post": sets}
