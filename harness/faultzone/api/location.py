"""The action of Location, which older clients ask for the address of a product in a region.

Source: API reference of Location 2015-06-12, DescribeEndpoints, and what the SDKs read of it.
"""

from __future__ import annotations

from faultzone.api.answer import Answer, Text, Truth, items
from faultzone.api.products import LOCATION
from faultzone.api.request import Request, text


class DescribeEndpoints(Request):
    """Tell the address of a product in a region."""

    product = LOCATION
    writes = False

    id: str = text("Id", required=True)
    service_code: str = text("ServiceCode", required=True)
    type: str = text("Type", "openAPI")

    answer = Answer(
        Truth("Success"),
        items(
            "Endpoints",
            "Endpoint",
            #: The service spells the third so.
            Text("Endpoint", "Id", "SerivceCode", "Type"),
            Text("Namespace", empty="no product here has one"),
            items("Protocols", "Protocols"),
        ),
    )
