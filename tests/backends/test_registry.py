"""The kinds of backends: the house's own, and those of other distributions."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest

from faultzone import make_region
from faultzone.api.ecs import ECS
from faultzone.api.errors import ApiError
from faultzone.backends import CAPABILITIES, registry
from faultzone.backends.foreign import complete
from faultzone.backends.http import HttpBackend
from faultzone.backends.local import LocalBackend
from faultzone.backends.options import BackendOptions, CloudOptions
from faultzone.errors import IncompleteAnswer, NotSupported, UsageError
from faultzone.model.core.shape import Shape
from faultzone.serve import Keyring, serve
from faultzone.serve.client import connect
from faultzone.substrate.docker.settings import Settings
from tests.support.wire import KEY

MODULE = """
from faultzone.backends.options import local_backend
from faultzone.backends.registry import Kind

made = []

class Mine:
    def __init__(self, options):
        self.cloud, self.detail = local_backend(options.cloud), options.detail
        made.append(self)

    def call(self, action, parameters, *, product, account=None):
        return self.cloud.call(action, parameters, product=product, account=account)

    def control(self, verb, arguments):
        return self.cloud.control(verb, arguments)

    def close(self):
        self.cloud.close()

kind = Kind(Mine, lasts=True)
number = 7

def nothing(options):
    return None
"""

Install = Callable[..., None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Installs a distribution with the module above, and these entry points."""

    def do(distribution: str = "theirs", **entries: str) -> None:
        (tmp_path / "theirs_backend.py").write_text(MODULE)
        about = tmp_path / f"{distribution}-1.0.dist-info"
        about.mkdir()
        (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n")
        named = "".join(f"{name} = {value}\n" for name, value in entries.items())
        (about / "entry_points.txt").write_text(f"[{registry.GROUP}]\n{named}")

    monkeypatch.syspath_prepend(tmp_path)
    yield do
    sys.modules.pop("theirs_backend", None)


@pytest.mark.parametrize(
    ("name", "kind", "lasts", "sound"),
    [
        ("memory", LocalBackend, False, True),
        ("wrong:eight-in-a-zone", LocalBackend, False, False),
        ("http://127.0.0.1:1", HttpBackend, True, True),
        ("https://127.0.0.1:1", HttpBackend, True, True),
    ],
)
def test_the_house_finds_its_own(name: str, kind: type, lasts: bool, sound: bool) -> None:
    found = registry.find(name)
    assert (found.lasts, found.sound) == (lasts, sound)
    options = BackendOptions(name, CloudOptions.of(zones=3))
    found.check(options)
    made = registry.create(options)
    assert isinstance(made, kind)
    assert isinstance(made, HttpBackend) or len(made.control("shape", {})["regions"]["cn-hangzhou"]["zones"]) == 3
    made.close()


@pytest.mark.parametrize("name", registry.OWN)
def test_the_house_registers_its_own_as_others_do(name: str, install: Install) -> None:
    """The same value as an entry point of another distribution gives the same kind."""
    place = registry.OWN[name][1]
    install(same=place, spaced=f"{place} [extra]")
    assert registry.find("same") is registry.find("spaced") is registry.find(f"{name}x" if ":" in name else name)
    (entry,) = entry_points(group=registry.GROUP, name="same")
    assert entry.load() is registry.find("same")


def test_docker_is_checked_without_an_engine(tmp_path: Path) -> None:
    check = registry.find("docker").check
    check(BackendOptions("docker"))
    with pytest.raises(UsageError, match="none"):
        check(BackendOptions("docker", docker=Settings(agent=str(tmp_path / "none"))))


def test_what_is_installed_is_looked_at_only_for_what_the_house_lacks() -> None:
    script = (
        "import sys; from faultzone.backends import registry; registry.find('memory'); registry.find('wrong:x'); "
        "sys.exit('importlib.metadata' in sys.modules)"
    )
    assert (
        subprocess.run([sys.executable, "-S", "-c", f"import sys; sys.path[:] = {sys.path!r}; {script}"]).returncode
        == 0
    )


def test_another_distribution_brings_a_backend(install: Install) -> None:
    install(mine="theirs_backend:Mine", lasting="theirs_backend:kind")
    backend = registry.create(BackendOptions("mine:eight", CloudOptions((Shape(zones=3),))))
    assert (backend.name, backend.capabilities, backend.outlives_tests) == ("mine:eight", frozenset(), False)
    assert sys.modules["theirs_backend"].made[-1].detail == "eight"
    assert (registry.find("mine").lasts, registry.find("lasting").lasts) == (False, True)
    made = sys.modules["theirs_backend"].made
    before = len(made)
    registry.find("mine").check(BackendOptions("mine"))
    assert len(made) == before + 1, "it is checked by making one"


def test_an_unknown_name_lists_those_that_there_are(install: Install) -> None:
    install(mine="theirs_backend:Mine")
    for name in ("moon", "memory:5", "wrong", "", "Memory"):
        with pytest.raises(UsageError) as refusal:
            registry.find(name)
        assert str(refusal.value) == (
            f"unknown backend {name!r}: expected 'memory', 'docker', 'wrong:NAME', the URL of an endpoint or 'mine'"
        )
    with pytest.raises(UsageError, match=r"unknown backend 'ftp://\*\*\*@moon'"):
        registry.find("ftp://user:password@moon")


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ("theirs_backend:none", "cannot load theirs_backend:none: AttributeError"),
        ("no_such_module:x", "cannot load no_such_module:x: ModuleNotFoundError"),
        ("theirs_backend:number", "expected theirs_backend:number to be a function that takes BackendOptions"),
    ],
)
def test_an_entry_point_that_leads_nowhere(install: Install, value: str, says: str) -> None:
    install(mine=value)
    with pytest.raises(UsageError, match=f"backend 'mine' of theirs.*{says}"):
        registry.find("mine")


def test_two_distributions_with_one_name(install: Install) -> None:
    install(mine="theirs_backend:Mine")
    install("others", mine="theirs_backend:kind")
    with pytest.raises(UsageError, match=r"'mine': expected one distribution .* got others and theirs"):
        registry.find("mine")


def test_no_distribution_takes_a_name_of_the_house(install: Install) -> None:
    install(memory="theirs_backend:Mine")
    assert isinstance(registry.create(BackendOptions("memory")), LocalBackend)


def test_a_factory_that_gives_nothing(install: Install) -> None:
    install(mine="theirs_backend:nothing")
    with pytest.raises(UsageError, match=r"'mine': expected an object with .*; NoneType lacks call, control, close"):
        registry.create(BackendOptions("mine"))


class Bare:
    """The least that a backend has."""

    def __init__(self) -> None:
        self.answer: Any = {"TotalCount": 0}

    def call(
        self, action: str, parameters: Mapping[str, object], *, product: str = ECS, account: str | None = None
    ) -> dict[str, Any]:
        if action == "StopInstance":
            raise ApiError("InvalidInstanceId.NotFound")
        return self.answer  # type: ignore[no-any-return]

    def control(self, verb: str, arguments: Mapping[str, object]) -> dict[str, Any]:
        raise NotSupported(f"no {verb}")

    def close(self) -> None:
        self.answer = None


def test_a_backend_with_all_attributes_stays_itself() -> None:
    backend = LocalBackend()
    assert complete(backend, "mine") is backend


def test_what_a_bare_backend_is_asked_is_journalled() -> None:
    bare = Bare()
    backend = complete(bare, "mine")
    assert backend.call("DescribeInstances", {"PageSize": 1, "Password": "secret-1"}) == {"TotalCount": 0}
    with pytest.raises(ApiError):
        backend.call("StopInstance", {})
    first, second = backend.journal.tail(2)
    assert (first.kind, first.data["answer"], second.kind) == ("call", {"TotalCount": 0}, "refusal")
    assert second.data["code"] == "InvalidInstanceId.NotFound"
    assert "secret-1" not in str(first)
    with pytest.raises(NotSupported):
        backend.control("clock", {})
    backend.close()
    assert bare.answer is None


def test_an_answer_that_is_no_mapping_is_the_backends_fault() -> None:
    bare = Bare()
    bare.answer = ["x"]
    with pytest.raises(IncompleteAnswer, match=r"mine answered DescribeInstances with \['x'\], which is no mapping"):
        complete(bare, "mine").call("DescribeInstances", {})


def test_a_bare_backend_may_say_more_of_itself() -> None:
    class Named(Bare):
        name = "named"
        capabilities = ("move-time",)
        outlives_tests = True

    backend = complete(Named(), "mine")
    assert (backend.name, set(backend.capabilities), backend.outlives_tests) == ("named", {"move-time"}, True)


def test_a_capability_that_there_is_not() -> None:
    class Boasting(Bare):
        capabilities = frozenset({"see-host"})

    with pytest.raises(UsageError, match=r"unknown capability 'see-host' of .*: did you mean 'see-hosts'") as refusal:
        complete(Boasting(), "mine")
    assert all(each in str(refusal.value) for each in CAPABILITIES)


@pytest.mark.parametrize("capabilities", [None, 5, "see-hosts", [1, "see-hosts"], [["see-hosts"]]], ids=repr)
def test_capabilities_that_are_no_set_of_names(capabilities: object) -> None:
    boasting = type("Boasting", (Bare,), {"capabilities": capabilities})
    with pytest.raises(UsageError, match=r"expected a set of names, such as \{'see-hosts'\}"):
        complete(boasting(), "mine")


def test_a_class_is_no_backend() -> None:
    with pytest.raises(UsageError, match=r"'mine': expected an object, got the class Bare: write Bare\(\)"):
        complete(Bare, "mine")  # type: ignore[arg-type]


def test_a_bare_backend_may_be_held_and_served() -> None:
    with make_region(Bare()) as region:
        assert (region.backend.name, region.call("DescribeInstances")) == ("Bare", {"TotalCount": 0})
    with serve(Bare(), Keyring([KEY])) as served, closing(connect(served.url)) as client:
        assert client.call("DescribeInstances", {})["TotalCount"] == 0
        with pytest.raises(ApiError, match="InvalidInstanceId"):
            client.call("StopInstance", {})
    for wrong in (None, 7, object()):
        with pytest.raises(UsageError, match="lacks call, control, close"):
            serve(wrong, Keyring([KEY]))  # type: ignore[arg-type]
