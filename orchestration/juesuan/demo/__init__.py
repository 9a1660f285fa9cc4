"""A synthetic region to look at: bodies that do not exist, their reports of several years, and planted misprints.

Belongs here: everything that makes the demo. Does not belong here: anything that real reports need; no module outside
imports this package but the command line, when it is asked.
"""
