"""What a network that is looked into takes: its range of pixels, its examples, and whether it responds to them."""
