"""The setting of the attacks: chains, contracts, people and results.

An attack is a function of its target, so that the same code runs against v1's published bytecode,
against ours, and against faulty copies of ours.
"""
