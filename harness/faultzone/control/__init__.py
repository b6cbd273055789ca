"""Control verbs: what only a harness may do. One file for each subject; `tables.py` says which backend has which."""
