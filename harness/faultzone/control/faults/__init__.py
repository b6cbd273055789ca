"""What breaks each fault, and what mends it: one generator for a class, beside what it breaks.

breaks.py    how a generator is declared, and the tables that backends are handed
active.py    the faults of a cloud: one record for each, from its injection or its plan to its end
hosts.py provider.py guests.py billing.py api.py time.py   of a cloud whose hosts are in memory
containers.py  of one whose hosts are containers
"""
