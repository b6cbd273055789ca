"""The actions of ECS, by chapter of its reference."""

from __future__ import annotations

from typing import Final

#: What calls name the product by, and the version of its API, by which requests do.
ECS: Final = "ecs"
VERSION: Final = "2014-05-26"
