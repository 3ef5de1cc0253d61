"""Named data sets, one a module; each is an entry point of the group `zoo.datasets`.

The first line of the module says what the data is. INPUT_SHAPE and CLASSES (and OUTPUTS where numbers are
predicted) are known without loading the data, and `load()` returns a zoo.Dataset that agrees with them.
"""
