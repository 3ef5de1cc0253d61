"""Figures that show themselves in notebooks, and sheets of images with titles and labels."""
