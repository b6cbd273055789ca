"""The vocabulary of the API, by product: a request class for each action, and the errors that actions answer with.

Everyone may import this package; of the harness it imports the editions alone.
"""
