"""The commands around trained weights: looking after the catalog's, and publishing one's own."""
