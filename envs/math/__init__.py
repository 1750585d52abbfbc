"""The math families: a module's name is its family's name."""
