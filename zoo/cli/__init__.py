"""The command line: one function for each command, and how results are shown."""
