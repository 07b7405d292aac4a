"""Where attacks take place: chains, the contracts attacked, the people, and what an attack got.

An attack is a function of its target, so that the same code runs against v1's published bytecode,
against ours, and against copies of ours with a fault in them.
"""
