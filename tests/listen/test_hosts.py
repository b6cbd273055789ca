"""The names that a request may call a server by, and the pages that may call it."""

from __future__ import annotations

import pytest

from faultzone.errors import UsageError
from faultzone.listen.hosts import Hosts

HERE = "127.0.0.1"


@pytest.mark.parametrize(
    "host",
    [
        "localhost", "LOCALHOST:80", "localhost.", "a.b.localhost:8080", "127.0.0.1:8080", "127.9.8.7", "[::1]:8080",
        "[::1]", "[::ffff:127.0.0.1]", "ecs.aliyuncs.com", "ecs-cn-hangzhou.aliyuncs.com:80", "http://127.0.0.1:8080",
        "ci.example:8080", "CI.example", "10.0.0.7:8080",
    ],
)  # fmt: skip
def test_names_that_mean_this_server(host: str) -> None:
    assert Hosts(8080, ["ci.example"]).refusal(host, "10.0.0.7") is None


@pytest.mark.parametrize(
    "host",
    [
        "evil.example", "evil.example:8080", "localhost.evil.example", "127.0.0.1.evil.example",
        "aliyuncs.com.evil.example",
        "aliyuncs.com", "evilaliyuncs.com", "notlocalhost", "10.0.0.8", "0.0.0.0", "[::2]",
        "2130706433", "user@localhost",
        "localhost:80:80", "localhost:x", "local host", "[localhost]", "ci.example.evil.example", "127.0.0.\uff11", "",
    ],
)  # fmt: skip
def test_other_names_are_refused(host: str) -> None:
    assert Hosts(8080, ["ci.example"]).refusal(host, "10.0.0.7") is not None


def test_a_refusal_names_the_host_and_the_option() -> None:
    assert "--allow-host evil.example" in (Hosts(8080).refusal("evil.example:8080", HERE) or "")
    assert len(Hosts(8080).refusal("e" * 250, HERE) or "") < 700


@pytest.mark.parametrize(
    ("host", "headers"),
    [
        ("127.0.0.1:8080", {"origin": "http://127.0.0.1:8080"}),
        ("localhost:8080", {"origin": "http://LOCALHOST:8080"}),
        ("localhost:8080", {"origin": "http://127.0.0.1:8080"}),
        ("ecs.aliyuncs.com", {"origin": "http://ecs.aliyuncs.com"}),
        ("localhost:8080", {"sec-fetch-site": "none"}),
        ("localhost:8080", {"sec-fetch-site": "same-origin"}),
        ("localhost:8080", {}),
    ],
)
def test_its_own_pages_and_programs_may_call_it(host: str, headers: dict[str, str]) -> None:
    assert Hosts(8080).foreign({"host": host, **headers}, HERE) is None


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "http://evil.example:8080"},
        {"origin": "http://localhost:3000"},
        {"origin": "http://localhost"},
        {"origin": "null"},
        {"origin": ""},
        {"origin": "file://"},
        {"origin": "ftp://localhost:8080"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
def test_other_pages_may_not(headers: dict[str, str]) -> None:
    why = Hosts(8080).foreign({"host": "localhost:8080", **headers}, HERE)
    assert why is not None
    assert "--allow-host" in why


@pytest.mark.parametrize("name", ["", "a b", "http://", "a:80", "a/b", "*", "\uff41.example"])
def test_what_is_no_name_cannot_be_allowed(name: str) -> None:
    with pytest.raises(UsageError, match="expected the name of a host"):
        Hosts(8080, [name])


@pytest.mark.parametrize("name", ["ci.example", "CI", "10.0.0.9", "::2", "[::2]"])
def test_names_and_addresses_can_be_allowed(name: str) -> None:
    assert Hosts(8080, [name]).refusal(f"[{name}]" if name == "::2" else name, HERE) is None
