"""Files for people and other programs: run files in TOML, the command of a run, predictions as a table."""
