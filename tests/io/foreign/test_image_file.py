"""Warnings while images are read by several threads."""

import warnings

from zoo.io.foreign import image_file


def test_warnings_are_ignored_until_the_last_thread_has_read() -> None:
    before = list(warnings.filters)
    first, second = image_file._no_warnings(), image_file._no_warnings()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    warnings.warn("of odd metadata", UserWarning, stacklevel=1)  # an error elsewhere in the tests
    second.__exit__(None, None, None)
    assert list(warnings.filters) == before
