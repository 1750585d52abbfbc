"""Episodes of several turns: feedback after an attempt, tools, and another try."""
