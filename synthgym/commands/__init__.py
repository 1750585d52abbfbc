"""The commands of `synthgym`, a module each: a frozen config whose docstrings are the help, and `run`.

``synthgym score`` is `synthgym.commands.score.Score`, and so on. Importing them all, as the help does, loads nothing
heavy: a command imports the room that does its work when it runs.
"""
