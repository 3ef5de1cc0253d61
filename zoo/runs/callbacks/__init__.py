"""The callbacks of every training, and what they keep of a run."""
