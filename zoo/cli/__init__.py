"""The command line: the commands by topic, and how their results are shown."""
