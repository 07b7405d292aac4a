"""Text and bytes from outside: read within bounds, and escaped before they are shown.

Imports nothing of this package but itself.
"""
