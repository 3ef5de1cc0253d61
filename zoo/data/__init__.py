"""Data: examples from any source, checked, split, and streamed as the same batches every time."""
