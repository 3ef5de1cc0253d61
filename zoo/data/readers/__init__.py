"""Readers of data: one file format, or one kind of folder, in each module."""
