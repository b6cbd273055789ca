"""Fields that never have a value are put into answers as they are declared."""

from __future__ import annotations

from typing import Any

import pytest

from faultzone import make_region
from faultzone.api.answer import CURRENT, Answer, Number, Numbers, Rows, Structure, Text, Time, Truth, items
from faultzone.editions import EDITIONS
from faultzone.model.core.blanks import fill

NONE = "there is none"
SHAPE = Answer(
    Text("Name"),
    Text("Alias", "Colour", empty=NONE),
    Time("Ended", empty=NONE, since=(2020, 12)),
    Number("Weight", empty=NONE),
    Truth("Heavy", empty=NONE),
    Text("Secret", missing="nobody tells"),
    Text("Reason", when="there was one", empty=NONE),
    Structure("Place", Text("Zone"), Text("Shelf", empty=NONE)),
    Structure("Shape", Structure("Size", Number("Width", empty=NONE)), Text("Kind", when="it is known")),
    Structure("Options", Text("First"), Numbers("Second"), empty=NONE),
    items("Parts", "Part", Text("Id"), Text("Maker", empty=NONE), items("Screws", "Screw", empty=NONE)),
    items("Boxes", "Box", Text("Id"), empty=NONE),
    Structure("Tree", items("Branches", "Branch", items("Leaves", "Leaf", Text("Maker", empty=NONE)))),
    Rows("Trees", items("Branches", "Branch", Text("Maker", empty=NONE))),
)


def filled(**answer: Any) -> dict[str, Any]:
    return fill(answer, SHAPE, CURRENT)


def test_what_is_declared_empty_is_there() -> None:
    assert filled(RequestId="1", Name="n") == {
        "RequestId": "1",
        "Name": "n",
        "Alias": "",
        "Colour": "",
        "Ended": "",
        "Weight": 0,
        "Heavy": False,
        "Shape": {"Size": {"Width": 0}},
        "Options": {"First": "", "Second": []},
        "Boxes": {"Box": []},
    }


def test_what_came_later_is_not() -> None:
    assert "Ended" not in fill({}, SHAPE, (2019, 2))


def test_what_is_in_an_answer_stays_and_is_filled_in() -> None:
    parts = [{"Id": "1"}, {"Id": "2", "Maker": "me"}]
    shown = filled(Alias="a", Place={"Zone": "z"}, Shape={"Kind": "round"}, Parts={"Part": parts})
    assert shown["Alias"] == "a"
    assert shown["Place"] == {"Zone": "z", "Shelf": ""}
    assert shown["Shape"] == {"Kind": "round", "Size": {"Width": 0}}
    assert shown["Parts"]["Part"] == [
        {"Id": "1", "Maker": "", "Screws": {"Screw": []}},
        {"Id": "2", "Maker": "me", "Screws": {"Screw": []}},
    ]


def test_what_is_in_lists_of_lists_is_filled_in() -> None:
    shown = filled(
        Tree={"Branches": {"Branch": [{"Leaves": {"Leaf": [{}, {"Maker": "me"}]}}, {}]}},
        Trees=[{"Branches": {"Branch": [{}]}}, {}],
        Parts={},
    )
    assert shown["Tree"] == {"Branches": {"Branch": [{"Leaves": {"Leaf": [{"Maker": ""}, {"Maker": "me"}]}}, {}]}}
    assert shown["Trees"] == [{"Branches": {"Branch": [{"Maker": ""}]}}, {}]
    assert shown["Parts"] == {}


def test_no_two_answers_share_what_can_be_changed() -> None:
    one, other = filled(), filled()
    one["Boxes"]["Box"].append("x")
    one["Options"]["First"] = "x"
    assert (other["Boxes"], other["Options"]["First"]) == ({"Box": []}, "")


@pytest.mark.parametrize("edition", [each.name for each in EDITIONS])
def test_the_edition_of_today_alone_has_the_fields_of_today(edition: str) -> None:
    region = make_region(edition=edition)
    region.run_instances(1)
    (shown,) = region.call("DescribeInstances")["Instances"]["Instance"]
    assert (shown.get("HpcClusterId"), "CpuOptions" in shown) == (("", True) if edition == "2026-10" else (None, False))
