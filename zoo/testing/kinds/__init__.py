"""The checks of data sets, formats, runtimes and extensions, and the suite of checks of each kind."""
