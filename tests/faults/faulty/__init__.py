"""A proxy on loopback that injects the faults of networks and nodes."""
