"""The algorithms: a module's name is its algorithm's name."""
