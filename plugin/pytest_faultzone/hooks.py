"""The hooks that a conftest or another plugin may implement."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from faultzone.backends import Doors
    from faultzone.region import CloudOptions


@pytest.hookspec(firstresult=True)
def pytest_faultzone_backend(config: pytest.Config, options: CloudOptions) -> Doors | None:
    """Answer a region that a test asks for with a backend of your own; None leaves it to the option
    `--faultzone-backend`.

    This is how the conformance suite is run against a fake in the same process, or against a region that is wrong on
    purpose::

        def pytest_faultzone_backend(config, options):
            return local_backend(options._replace(rules=MyRules))

    It needs `call`, `control` and `close` alone; see `faultzone.backends.Backend` for what else it may say of itself.

    Args:
        config: pytest's configuration.
        options: the cloud that the test asked for; a backend that cannot be shaped ignores it and lacks the capability
            `shape-region`.
    """
    return None
