"""New projects: a complete plug-in of each kind, rendered from the template in this package."""
