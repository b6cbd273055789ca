"""Programs in guests read numbers of ASCII digits alone, as real ones do; Python takes those of other scripts."""

from __future__ import annotations

import pytest

from faultzone import make_region

THREE = "\uff13"


@pytest.mark.parametrize(
    "script",
    [
        f"seq {THREE}",
        f"sleep {THREE}",
        f"exit {THREE}",
        f"shutdown -h +{THREE}",
        f"printf '%d' {THREE}",
        f"[ {THREE} -eq 3 ]",
        "seq 99999999999999999999",
        "seq 60000",
    ],
)
def test_a_number_of_another_script_is_no_number(script: str) -> None:
    with make_region() as region:
        (instance,) = region.run_instances(1)
        ran = region.run_command(script, on=instance)
        assert ran.result(instance)["ExitCode"] != 0
        assert instance.status == "Running"
