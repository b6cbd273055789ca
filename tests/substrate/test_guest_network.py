"""curl and wget in guests: the services of the region, the trouble where there is none, and the world outside."""

from __future__ import annotations

import base64
from typing import cast

import pytest

from faultzone import Instance, Region, UsageError, make_region

START = base64.b64encode(b"#!/bin/sh\nweb\n").decode()
PAGE = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nhi\n"


@pytest.fixture
def region() -> Region:
    region = make_region(zones=1, hosts_per_zone=3)
    region.guest("web", serves=80, answer=PAGE)
    return region


@pytest.fixture
def web(region: Region) -> Instance:
    return region.run_instances(1, UserData=START, HostName="web")[0]


@pytest.fixture
def client(region: Region) -> Instance:
    return region.run_instances(1, HostName="client")[0]


def ask(region: Region, instance: Instance, script: str) -> tuple[int, str]:
    ran = region.commands.log_in(instance, script)
    return ran["exit_code"], ran["output"]


def took(region: Region, instance: Instance, script: str) -> tuple[int, int]:
    """The exit code, and the seconds that it took."""
    number = region.control("log-in", instance=instance.id, script=script)["number"]
    region.clock.advance("10m")
    ran = next(each for each in region.commands.ran_on(instance) if each["number"] == number)
    return ran["exit_code"], (ran["ended"] - ran["started"]) // 1000


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.0.0.1:80", "web"])
def test_a_guest_reaches_what_it_serves_itself(region: Region, web: Instance, host: str) -> None:
    assert ask(region, web, f"curl http://{host}/") == (0, "hi\n")
    assert ask(region, web, f"wget -qO- http://{host}/") == (0, "hi\n")


def test_a_guest_reaches_another_by_address_and_name(region: Region, web: Instance, client: Instance) -> None:
    for host in (web.private_ip, web.public_ip, "web"):
        assert ask(region, client, f"curl -sf {host}/health") == (0, "hi\n")
    refused = f"curl: (7) Failed to connect to {client.private_ip} port 80: Connection refused\n"
    assert ask(region, web, f"curl http://{client.private_ip}/") == (7, refused)


def test_nothing_listens(region: Region, client: Instance) -> None:
    refused = "curl: (7) Failed to connect to 127.0.0.1 port {}: Connection refused\n"
    assert ask(region, client, "curl http://127.0.0.1/") == (7, refused.format(80))
    assert ask(region, client, "curl -sS http://127.0.0.1:8080/x") == (7, refused.format(8080))
    assert ask(region, client, "curl -s https://127.0.0.1/") == (7, "")
    assert ask(region, client, "wget -qO- http://127.0.0.1/") == (4, "")
    assert ask(region, client, "wget http://127.0.0.1/") == (
        4,
        "Connecting to 127.0.0.1:80... failed: Connection refused.\n",
    )


def test_the_host_of_a_service_is_down(region: Region, web: Instance, client: Instance) -> None:
    assert web.host != client.host
    with region.chaos.crash(str(web.host)):
        assert took(region, client, f"curl -s --connect-timeout 3 {web.private_ip}") == (28, 3)


def test_silence_lasts_as_long_as_a_client_waits(region: Region, web: Instance, client: Instance) -> None:
    web.stop()
    assert took(region, client, f"curl -sm 5 {web.private_ip}") == (28, 5)
    assert took(region, client, f"curl -s {web.private_ip}") == (7, 127)
    assert took(region, client, f"wget -q -T 4 -t 1 -O - http://{web.private_ip}/") == (4, 4)
    assert "does not understand how long" in ask(region, client, f"wget http://{web.private_ip}/")[1]


def test_a_host_that_is_cut_off_reaches_itself_alone(region: Region, web: Instance, client: Instance) -> None:
    cut = region.chaos.cut(str(web.host))
    number = region.control("log-in", instance=web.id, script=f"curl -s localhost; curl -sm 1 {client.private_ip}")[
        "number"
    ]
    assert region.commands.ran_on(web)[number]["exit_code"] is None
    cut.undo()
    region.clock.advance("2s")
    assert (region.commands.ran_on(web)[number]["exit_code"], region.commands.ran_on(web)[number]["output"]) == (
        28,
        "hi\n",
    )


def test_what_is_outside_the_region_is_not_reached(region: Region, client: Instance) -> None:
    assert ask(region, client, "curl http://example.com/") == (6, "curl: (6) Could not resolve host: example.com\n")
    assert ask(region, client, "wget http://example.com/") == (
        4,
        "wget: unable to resolve host address 'example.com'\n",
    )
    assert took(region, client, "curl -m 2 http://203.0.113.7/") == (28, 2)


def test_a_function_that_answers_a_guest_does_not_call_the_region(region: Region, client: Instance) -> None:
    region.guest("status", serves=80, answer=lambda request: client.status.encode())
    region.commands.log_in(client, "status")
    assert client.request(80) == b"Running"
    with pytest.raises(UsageError, match="the function that answers a guest's request called the region"):
        region.commands.log_in(client, "curl localhost")
    assert client.request(80) == b"Running"


def test_a_function_that_answers_no_bytes_is_not_understood(region: Region, client: Instance) -> None:
    region.guest("text", serves=80, answer=lambda request: cast(bytes, "text"))
    region.commands.log_in(client, "text")
    code, output = ask(region, client, "curl localhost")
    assert (code, "it answered 'text', and not bytes" in output) == (2, True)


def test_names_that_two_have_are_not_resolved(region: Region, client: Instance) -> None:
    region.run_instances(2, HostName="twin", UserData=START)
    assert ask(region, client, "curl -s http://twin/")[0] == 6


def test_states_and_heads_of_http(region: Region, client: Instance) -> None:
    region.guest("bad", serves=81, answer="HTTP/1.1 503 Down\r\nX: y\r\n\r\nsorry")
    region.guest("raw", serves=82, answer="hello")
    region.guest("moved", serves=83, answer="HTTP/1.1 301 Moved\r\nLocation: /x\r\n\r\n")
    region.commands.log_in(client, "bad; raw; moved")
    assert ask(region, client, "curl localhost:81") == (0, "sorry")
    assert ask(region, client, "curl -i localhost:81") == (0, "HTTP/1.1 503 Down\r\nX: y\r\n\r\nsorry")
    assert ask(region, client, "curl -f localhost:81") == (22, "curl: (22) The requested URL returned error: 503\n")
    assert ask(region, client, "curl -so /dev/null -w '%{http_code}\\n' localhost:81") == (0, "503\n")
    assert ask(region, client, "curl -so /dev/null -w '%{http_code}' localhost:99") == (7, "000")
    assert ask(region, client, "wget -qO- localhost:81") == (8, "")
    assert ask(region, client, "curl localhost:82") == (0, "hello")
    assert (
        "does not understand an answer that is encoded, or leads elsewhere"
        in ask(region, client, "curl localhost:83")[1]
    )


def test_a_function_hears_the_request_and_may_fail(region: Region, client: Instance) -> None:
    met: list[bytes] = []

    def answer(request: bytes) -> bytes:
        met.append(request)
        if b"/hang" in request:
            raise TimeoutError
        if b"/gone" in request:
            raise ConnectionRefusedError
        return b"ok"

    region.guest("echo service", serves=80, answer=answer)
    region.commands.log_in(client, "echo service")
    assert ask(region, client, "curl -d a=b -H 'X: y' 'localhost/p?q=1'") == (0, "ok")
    assert met == [b"POST /p?q=1 HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\nX: y\r\nContent-Length: 3\r\n\r\na=b"]
    assert ask(region, client, "curl -s localhost/gone") == (7, "")
    assert took(region, client, "curl -s -m 9 localhost/hang") == (28, 9)


@pytest.mark.parametrize(
    "arguments",
    [
        *(
            "",
            "a b",
            "-m",
            "-v localhost",
            "-O localhost/f",
            "-m soon localhost",
            "-X head localhost",
            "-d @f localhost",
        ),
        *("-u a:b c", "http://[::1", "http://a{b,c}", "-o file localhost", "-w '%{time_total}' localhost"),
    ],
)
def test_what_curl_is_not_known_to_do_is_said(region: Region, client: Instance, arguments: str) -> None:
    code, output = ask(region, client, f"curl {arguments}")
    assert (code, "this guest does not understand" in output) == (2, True)
