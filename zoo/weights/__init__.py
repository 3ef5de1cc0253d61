"""Trained weights that belong to models of the catalog: described, found, fetched, verified and unpacked."""
