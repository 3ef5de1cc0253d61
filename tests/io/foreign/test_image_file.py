"""Images that are read by several threads, that are large, or that are beyond the memory."""

import warnings
from pathlib import Path

import pytest
from PIL import Image

from zoo.errors import DataError
from zoo.io.foreign import image_file
from zoo.io.foreign.image_file import open_image_file


def test_warnings_are_ignored_until_the_last_thread_has_read() -> None:
    before = list(warnings.filters)
    ignored = image_file._IgnoredWarnings()
    ignored.__enter__()
    with ignored:  # another thread begins, and the first one ends
        ignored.__exit__()
        warnings.warn("of odd metadata", stacklevel=1)  # an error elsewhere in the tests
    assert list(warnings.filters) == before


def test_a_webp_image_has_fewer_pixels_and_the_message_says_the_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Image.new("RGB", (20, 10)).save(tmp_path / "a.webp")
    monkeypatch.setenv("ZOO_LIMITS", "webp_pixels=199")
    with (
        pytest.raises(DataError, match=r"WebP image.*200 found, at most 199.*webp_pixels=200"),
        open_image_file(tmp_path / "a.webp"),
    ):
        pass


def test_an_image_beyond_the_memory_is_told_as_such(tmp_path: Path) -> None:
    Image.new("RGB", (20, 10)).save(tmp_path / "a.png")
    with (
        pytest.raises(DataError, match=r"a\.png needs more memory than there is\."),
        open_image_file(tmp_path / "a.png"),
    ):
        raise MemoryError
