"""The region as a pure, deterministic state machine: no I/O, no locks, no clock of its own; a module for each chapter of the manual."""
