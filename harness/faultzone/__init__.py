"""A cloud region that a test may break: zones, physical hosts, instances and an ECS-compatible API."""
