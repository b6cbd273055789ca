"""Whether the tests see small mistakes: mutants of the model, each run against the conformance suite and the tests."""
