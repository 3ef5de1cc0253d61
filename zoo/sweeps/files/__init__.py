"""The files of a sweep: its folder, the TOML file that it begins with, and its journal."""
