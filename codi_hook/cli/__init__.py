"""The command line. `check` is started without click, whose import costs more than a check."""
