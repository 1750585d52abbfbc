"""Families of the user's own: from a function, or from rows of prompts, answers and tests."""
