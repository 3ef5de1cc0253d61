"""The registry: the hooks of the contract, the architectures that implement them, and the catalog."""
