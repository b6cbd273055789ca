"""The pytest plugin that gives tests a faultzone region."""
