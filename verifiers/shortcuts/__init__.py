"""The planted shortcuts: a module's name is its shortcut's name."""
