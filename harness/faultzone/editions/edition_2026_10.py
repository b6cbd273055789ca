"""What the documentation of October 2026 fixes otherwise than that of December 2020. It is not complete yet."""

from __future__ import annotations

from typing import Final

from faultzone.editions.edition_2020_12 import EDITION as BASE

EDITION: Final = BASE._replace(
    name="2026-10",
    date=(2026, 10),
)
