"""Interpretation: what a network looks at, what its units respond to, and how it is built."""
