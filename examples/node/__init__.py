"""An example of using `ocn_registry` in node software: a small OCN node. It is not a product.

It shows where each question is asked that a node has for the registry, and what is done with the
answer. README.md, beside this file, says how to try it and what it leaves out.

```
app       ASGI: requests within limits, errors as OCPI answers
node      what happens with a message: the steps, in order
checks    who signed it, and what the registry says of them
messages  an OCPI message, as parties and as nodes send it
proxies   the URLs that stand in for others' response URLs
sending   HTTP to parties and other nodes, within limits
settings  who is connected, what they want to receive, and the limits
refusals  the answers that say no
serve     stands in for an ASGI server
```
"""
