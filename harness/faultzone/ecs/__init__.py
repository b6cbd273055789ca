"""The vocabulary of the API: a request class for each action, and the errors that actions answer with.

Everyone may import this package; it imports nothing of the harness.
"""
