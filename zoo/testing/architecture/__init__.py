"""The checks of an architecture, with a tiny task that it is trained on once for all of them."""
