"""What a package exports is what it says it exports."""

from __future__ import annotations

import ast
import importlib

import pytest

import faultzone
from tests.quality.sources import PACKAGES, modules, tree


def _declares_exports(name: str) -> bool:
    return any(isinstance(node, ast.Name) and node.id == "__all__" for node in ast.walk(tree(modules()[name])))


def _is_from(package: str, value: object) -> bool:
    return f"{getattr(value, '__module__', '')}.".startswith(f"{package}.")


FACADES = [name for name, path in modules().items() if path.name == "__init__.py" and _declares_exports(name)]


def test_the_harness_declares_its_exports() -> None:
    assert "faultzone" in FACADES


@pytest.mark.parametrize("name", FACADES)
def test_exports_are_exactly_the_public_names(name: str) -> None:
    module = importlib.import_module(name)
    public = {
        attribute
        for attribute, value in vars(module).items()
        if not attribute.startswith("_") and _is_from(name, value)
    }
    # The order is the linter's (RUF022); here each name must be real, once, and none must be forgotten.
    assert len(module.__all__) == len(set(module.__all__))
    assert [export for export in module.__all__ if not hasattr(module, export)] == []
    assert public - set(module.__all__) == set()


@pytest.mark.parametrize("package", PACKAGES)
def test_packages_carry_their_types(package: str) -> None:
    assert (PACKAGES[package] / "py.typed").is_file()


def test_every_public_object_says_what_it_is() -> None:
    """Where a test fails, an address in memory explains nothing."""
    kinds = [kind for name in faultzone.__all__ if isinstance(kind := getattr(faultzone, name), type)]
    bare = [kind.__name__ for kind in kinds if not any("__repr__" in vars(base) for base in kind.__mro__[:-1])]
    # The base of all faults, of which nobody makes one.
    assert bare == ["Fault"]
