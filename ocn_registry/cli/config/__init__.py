"""What the user has set: flags, environment, settings file, networks and keys."""
