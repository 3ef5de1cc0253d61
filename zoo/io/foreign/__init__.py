"""Checks of files from elsewhere, in linear time and bounded memory, before anything in them is used."""
