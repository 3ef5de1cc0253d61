"""HDF5 files from elsewhere: a walk over all objects, and a trial of the texts that crash HDF5."""
