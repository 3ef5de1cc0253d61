"""Warnings while images are read by several threads."""

import warnings

from zoo.io.foreign import image_file


def test_warnings_are_ignored_until_the_last_thread_has_read() -> None:
    before = list(warnings.filters)
    ignored = image_file._IgnoredWarnings()
    ignored.__enter__()
    with ignored:  # another thread begins, and the first one ends
        ignored.__exit__()
        warnings.warn("of odd metadata", stacklevel=1)  # an error elsewhere in the tests
    assert list(warnings.filters) == before
