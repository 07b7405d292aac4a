"""Text, bytes and files from outside: read within limits, and escaped for display.

`limits` is the table of all limits, `strict_json` and `strict_toml` read foreign JSON and TOML,
`packed` unpacks what arrives compressed, `files` opens files, `hosts` looks names up in time,
`text` writes foreign text into messages, and `names` and `urls` say which texts may be listed.

It imports nothing of this package except `errors`.
"""
