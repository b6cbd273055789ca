"""`faultzone env`: settings that clients then work with."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from faultzone.cli.main import main
from tests.programs.test_program import FETCH, HEALTH
from tests.support.clients import faultzone_up
from tests.support.patience import PATIENCE

URL = "http://127.0.0.1:8080"


@pytest.mark.slow
def test_programs_of_a_shell_reach_the_endpoint(tmp_path: Path) -> None:
    with faultzone_up() as url:
        command = [sys.executable, "-m", "faultzone.cli.main", "env", "shell", "--endpoint", url, "--ca", str(tmp_path)]
        script = f'eval "$({" ".join(command)})" && "$0" "$@" && echo $ALIBABA_CLOUD_ACCESS_KEY_ID'
        done = subprocess.run(
            ["sh", "-c", script, sys.executable, "-c", FETCH, HEALTH],
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            env={name: value for name, value in os.environ.items() if name != "SSL_CERT_FILE"},
        )
    assert (done.stdout, done.stderr) == ('{"status":"ok"}testid\n', "")


@pytest.mark.parametrize("client", ["python", "node", "terraform", "aliyun"])
def test_a_client_is_told_the_address_and_the_keys(client: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["env", client, "--endpoint", URL, "--key", "me:mine", "--region", "cn-beijing"]) == 0
    printed = capsys.readouterr().out
    for each in ("127.0.0.1:8080", "me", "mine"):
        assert each in printed
    assert client == "node" or "cn-beijing" in printed
    if client == "python":
        compile(printed, "printed", "exec")


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (["shell", "--endpoint", URL], "write --ca DIR"),
        (["python", "--endpoint", "127.0.0.1"], "expected the URL that `faultzone up` prints"),
        (["python", "--endpoint", URL, "--key", "x"], "expected ID:SECRET"),
        (["shell", "--endpoint", "http://127.0.0.1:1", "--ca", "x"], "expected the URL of an endpoint that answers"),
    ],
)
def test_what_cannot_be_printed(given: list[str], why: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["env", *given]) == 2
    assert why in capsys.readouterr().err
