"""The token MDP of every family: discrete actions, integer observations, one environment or many at once."""
