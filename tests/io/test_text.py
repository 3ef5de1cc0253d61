"""Text files from elsewhere."""

from pathlib import Path

import pytest

import zoo
from zoo.io.text import read_text


def test_a_text_is_read_and_a_huge_one_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "a.json"
    file.write_text("zoö", "utf-8")
    assert read_text(file) == "zoö"
    monkeypatch.setenv("ZOO_LIMITS", "text_bytes=3")
    with pytest.raises(
        zoo.UnsafeFile, match=r"more than 4 found, at most 3 allowed.*ZOO_LIMITS=text_bytes="
    ):
        read_text(file)
