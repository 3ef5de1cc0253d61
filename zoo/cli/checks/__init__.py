"""What commands check, and what they show, before a backend is imported."""
