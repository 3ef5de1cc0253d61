"""Hostile files of a few kB: their headers lie, they lead to themselves, or they need endless work."""
