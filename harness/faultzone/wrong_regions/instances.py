"""Wrong regions of the chapter on instances."""

from __future__ import annotations

from faultzone.wrong_regions import declare

declare(
    "reboot-when-stopped",
    "instance/life-cycle",
    "lets a stopped instance be rebooted",
    {
        "instance.allowed-from": {
            "StartInstance": ["Stopped"],
            "StopInstance": ["Running"],
            "RebootInstance": ["Running", "Stopped"],
            "DeleteInstance": ["Stopped"],
        }
    },
)
