"""Bytes and pictures: files written whole or not at all, files read with limits, pictures drawn and saved."""
