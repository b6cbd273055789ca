"""The client of a test whose region is behind an endpoint."""

from __future__ import annotations

from contextlib import closing

import pytest

from faultzone import Client, NotSupported, make_region
from faultzone.serve import cloud as hosted
from faultzone.serve.client import connect


def test_a_client_of_an_endpoint_has_no_timeout_in_region_time() -> None:
    with (
        hosted.endpoint(hosted.Hosted(clock="virtual"), token="token") as served,
        closing(connect(served.url, token="token")) as backend,
        make_region(backend) as region,
    ):
        with pytest.raises(NotSupported, match=r"timeout='30s': expected none, because http://.*: leave it out"):
            Client(region, timeout="30s")
        assert Client(region).DescribeZones()["Zones"]
