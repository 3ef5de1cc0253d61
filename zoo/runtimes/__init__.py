"""Runtimes: where an exported file is opened and run, in Python or in another language."""
