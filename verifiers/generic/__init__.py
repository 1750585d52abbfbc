"""The three generic verifiers: a module's name is its granularity's name."""
