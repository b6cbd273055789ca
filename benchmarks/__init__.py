"""Measurements of faultzone, each beside its peer or its floor in the same run: `python -m benchmarks`."""
