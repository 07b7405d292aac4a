"""Checks of what may be wrong between a program and a registry, each with what to do about it.

`doctor` prints them; a program can run the same checks. What can't be known is said to be unknown.
"""
