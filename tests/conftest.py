from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import pytest


@pytest.fixture(autouse=True)
def clients_end_with_their_test(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The old SDK closes its connections once Python collects the client, which may be during another test."""
    sdk = sys.modules.get("aliyunsdkcore.client")
    if sdk is None:
        yield
        return
    made: list[Any] = []
    begin = sdk.AcsClient.__init__

    def noted(client: Any, *arguments: Any, **options: Any) -> None:
        begin(client, *arguments, **options)
        made.append(client.session)

    monkeypatch.setattr(sdk.AcsClient, "__init__", noted)
    yield
    for session in made:
        session.close()
