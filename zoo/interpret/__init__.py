"""Look into trained networks: attributions, images that excite channels, galleries, lists of layers."""
