"""Exporters: each part is written in each format, run in its own runtime, compared, then published."""
