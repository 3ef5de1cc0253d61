"""What shows how a training or another long computation goes, where Python starts it."""
