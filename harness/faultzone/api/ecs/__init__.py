"""The actions of ECS, by chapter of its reference."""
