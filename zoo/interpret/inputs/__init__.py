"""What a network that is looked into takes: its range of pixels, and its examples."""
