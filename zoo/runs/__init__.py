"""Runs: a name is resolved to a model, which is trained, saved, loaded again, measured and applied."""
