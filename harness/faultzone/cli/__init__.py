"""The command `faultzone`."""
