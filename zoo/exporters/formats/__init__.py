"""Formats: one file format, with its runtime, in each module."""
