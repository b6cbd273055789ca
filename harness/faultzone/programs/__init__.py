"""Programs that take a region for the cloud, though they are told nothing but keys and the name of a region.

names.py     the cloud's host names
trust.py     files and variables by which a program trusts an authority
passed.py    what it may reach besides
child.py     the process that makes namespaces and runs it: a script without the rest of the package
runner.py    that process, from here
resolver.py  answers what it asks about other names
relay.py     passes its connections on
places.py    what answers it in the cloud's place
program.py   the program
"""
