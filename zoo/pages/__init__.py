"""Pages that run a trained model in the visitor's browser: its proved parts, their tests, and what a view shows."""
