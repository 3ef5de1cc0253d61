"""Formats: each module writes one file format and runs its files in their own runtime."""
