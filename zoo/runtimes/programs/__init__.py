"""Runtimes in other languages: programs that are built on first use, and run files in one process."""
