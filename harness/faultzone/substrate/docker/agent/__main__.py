"""PID 1 of a host container."""

from __future__ import annotations

from .host import main

main()
