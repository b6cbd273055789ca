"""What a failed test tells of its region's journal."""

from __future__ import annotations

import pytest

from faultzone import ApiError, GuestCrash, UnmetFault, make_region
from faultzone.journal import story

LAUNCH = {"ImageId": "centos_7_06_64_20G_alibase_20190218.vhd", "InstanceType": "ecs.g5.large"}


def test_a_call_names_the_parameters_that_were_ignored() -> None:
    with make_region() as region:
        region.call("RunInstances", **LAUNCH, InstanceTyp="ecs.g8i.large", Colour="blue")
        (moment,) = (each for each in story.last(region.journal, 8) if "RunInstances" in each.said)
    assert ", ignored: InstanceTyp, Colour -> i-" in moment.said


def test_a_refusal_of_a_request_without_an_action_names_a_call() -> None:
    """So refuses a control route: a report on a served region shows it."""
    with make_region() as region:
        region.control("note", kind="refusal", data={"code": "UsageError", "action": ""})
        (moment,) = story.refusals(region.journal)
    assert moment.said == "a call refused: UsageError"


def test_a_refusal_shows_the_value_that_its_code_is_about() -> None:
    with make_region() as region:
        with pytest.raises(ApiError):
            region.call("RunInstances", **{**LAUNCH, "ImageId": "none.vhd"})
        (moment,) = story.refusals(region.journal)
    assert moment.said == "RunInstances(ImageId='none.vhd') refused: InvalidImageId.NotFound"


def test_a_planned_fault_is_told_with_its_time_and_why_it_was_skipped() -> None:
    with make_region() as region:
        (one,) = region.run_instances(1)
        region.chaos.at("90m", GuestCrash(one.id))
        one.delete()
        region.clock.advance("2h")
        with pytest.warns(UnmetFault):
            region.chaos.undo_all()
        told = [moment.said for moment in story.last(region.journal, 9)]
    fault = f"GuestCrash(instance='{one.id}')"
    assert f"fault scheduled: {fault}, in 1 h 30 min" in told
    assert f"fault skipped: {fault}: unknown instance '{one.id}'" in told


def test_a_refusal_with_usual_parameters_alone_shows_them() -> None:
    with make_region() as region:
        with pytest.raises(ApiError):
            region.call("RunInstances", ImageId="none.vhd")
        (moment,) = story.refusals(region.journal)
    assert moment.said == "RunInstances(ImageId='none.vhd', RegionId='cn-hangzhou') refused: MissingParameter"
