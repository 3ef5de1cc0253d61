"""Results that Python's prompt and a notebook show as tables."""
