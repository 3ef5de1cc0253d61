"""The runtimes that are Python packages, one a module."""
