"""The conformance suite: what the manual promises, as tests that run against any backend."""
