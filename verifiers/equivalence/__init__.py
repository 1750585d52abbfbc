"""Whether two mathematical answers are the same: exact where it can be, safe with any input, never a guess."""
