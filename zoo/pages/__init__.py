"""Pages that run a trained model in the visitor's browser: its proved parts, their tests, its view."""
