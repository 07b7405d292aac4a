"""Configuration: flags, environment, settings file, networks and keys."""
