"""Instances: their making, their life, what is shown and changed of them."""
