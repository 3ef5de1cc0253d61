"""Parts: the graphs that are exported, their contracts, and the inputs that they are compared on."""
