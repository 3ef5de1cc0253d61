"""Runs: a model is resolved by name, trained, saved, reopened, measured and used."""
