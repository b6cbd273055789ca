"""How what is said to the services ends: in order when it is over, reset when the process between is killed."""

from __future__ import annotations

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from faultzone.substrate.docker import agent
from faultzone.substrate.docker.agent.streams import Pump, reset_at_end

#: Lets a client in, says what it said to the session and has nothing to do after that.
ENTERED = """
from agent.doors import Doors
doors = Doors(lambda message: print(message["do"], flush=True), None)
print(*doors.assistant, flush=True)
import select
poll = select.poll()
for number, events in doors.files().items():
    poll.register(number, events)
for number, events in poll.poll():
    doors.ready(number, events)
poll.unregister(number)
poll.poll()
"""


def test_a_process_that_is_killed_resets_what_was_said_through_it() -> None:
    """The peer of a connection that ends in order waits for an answer which a process that is gone cannot give."""
    command = [sys.executable, "-S", "-E", "-c", ENTERED]
    at = Path(agent.__file__).parents[1]
    with subprocess.Popen(command, cwd=at, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        host, port = process.stdout.readline().split()
        with socket.create_connection((host, int(port))) as client:
            assert process.stdout.readline() == "open\n"
            process.kill()
            with pytest.raises(ConnectionResetError):
                client.recv(1)


def test_what_is_over_ends_in_order_all_the_same() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
        entered, _ = server.accept()
        reset_at_end(entered, on=True)
        Pump(entered).closed("")
        assert client.recv(1) == b""
