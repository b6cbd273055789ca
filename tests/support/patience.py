"""How long tests wait for what comes at once on an idle machine."""

from __future__ import annotations

from typing import Final

#: Real seconds after which a test takes it that what it awaits never comes. Nothing fails for slowness alone: two
#: cores with a load of twenty need some ten times as long as idle ones, and start a process in several seconds.
PATIENCE: Final = 60.0
