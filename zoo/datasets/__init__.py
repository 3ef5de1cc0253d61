"""Dataset sources, one a file; each is an entry point of the group `zoo.datasets`.

A source is a module whose first line says what it holds, with INPUT_SHAPE and CLASSES, which are
known without loading, and `load() -> zoo.Dataset`.
"""
