"""Hostile files, made by short generators, and a guard that runs a loader on them within limits."""
