"""The region as a pure, deterministic state machine: no I/O, no locks; a module for each chapter of the manual."""
