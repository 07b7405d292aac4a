"""A proxy on loopback that does to RPC what networks and nodes do."""
