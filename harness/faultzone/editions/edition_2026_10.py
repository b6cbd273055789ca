"""What the documentation of October 2026 fixes otherwise than that of December 2020."""

from __future__ import annotations

from typing import Final

from faultzone.editions.edition_2020_12 import EDITION as BASE

EDITION: Final = BASE._replace(
    name="2026-10",
    date=(2026, 10),
    complete=False,
    assistant=BASE.assistant._replace(
        records=10000,
        record_days=30,
        sending_days=1,
        detailed_schedules=True,
        instance_prevails=True,
        timed_while_open=True,
    ),
    instance=BASE.instance._replace(
        user_data_bytes=32768,
        confirm_stop=(),
        reboot_enters="Starting",
        user_data_states=("Pending", "Starting", "Running", "Stopping", "Stopped"),
        host_name_states=("Running", "Stopping", "Stopped"),
        lock_reasons=("financial", "security", "Recycling", "dedicatedhostfinancial", "refunded"),
    ),
)
