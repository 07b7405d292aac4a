"""Text, bytes and files from outside: read within limits, and escaped before they are shown.

`limits` is the table of all limits, `strict_json` the one reader of foreign JSON, `packed` unpacks
what arrives compressed, `files` opens files, `hosts` looks names up in time, and `text` writes
foreign text into messages.

Imports nothing of this package but `errors`.
"""
