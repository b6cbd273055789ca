"""Products beside ECS, as far as its clients ask them."""
