"""The layout of an HDF5 file is followed without HDF5; one that is not known is tried in a forked process."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import zoo
from zoo.io.foreign.hdf5 import archive
from zoo.io.foreign.hdf5.archive import check_hdf5
from zoo.io.safe_load import check_model_file
from zoo.testing.hostile.archives import h5_bytes, model_h5_bytes


def many_groups(file: Any) -> None:
    """Write so many groups that their tree has two levels."""
    for number in range(700):
        file.create_group(f"layers/layer_{number}/vars")


def many_chunks(file: Any) -> None:
    """Write so many chunks that their tree has two levels."""
    numbers = np.random.default_rng(1).random((100, 100))
    file.create_dataset("x", data=numbers, chunks=(7, 7), shuffle=True, fletcher32=True)
    file.create_dataset("y", data=numbers, chunks=(50, 9), compression="gzip", shuffle=True)
    file.create_dataset("empty", (10, 10), "f4", chunks=(5, 5))


def many_texts(file: Any) -> None:
    """Write texts into several heaps."""
    group = file.create_group("model_weights")
    group.attrs["layer_names"] = [f"layer_{number}" * 20 for number in range(300)]
    group.attrs["backend"], group.attrs["empty"] = "tensorflow", ""
    file.attrs["model_config"] = "x" * 20_000


def chunks_of_lzf(file: Any) -> None:
    """Write chunks that are packed by h5py's own method."""
    numbers = np.random.default_rng(1).random((100, 100))
    file.create_dataset("z", data=numbers, chunks=(50, 9), compression="lzf")


CHANGES = [many_groups, many_chunks, many_texts]


@pytest.mark.parametrize("change", CHANGES)
def test_a_file_of_h5py_needs_no_trial(
    change: Callable[[Any], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "try_in_fork", lambda *_: pytest.fail("it was tried"))
    assert check_hdf5("a.h5", io.BytesIO(h5_bytes(change))) > 0 or change is many_groups
    Path("a.h5").write_bytes(model_h5_bytes())
    check_model_file(Path("a.h5"))


@pytest.mark.parametrize("change", CHANGES)
def test_a_file_of_the_latest_layout_is_tried_and_opens(
    change: Callable[[Any], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = []
    monkeypatch.setattr(archive, "try_in_fork", lambda function, *_: tried.append(function()))
    content = h5_bytes(change, libver="latest")
    found = archive.inspect_hdf5("a.h5", io.BytesIO(content))
    assert found.config == ("x" * 20_000 if change is many_texts else None)
    assert tried


def test_chunks_of_lzf_are_tried_and_open(monkeypatch: pytest.MonkeyPatch) -> None:
    tried = []
    monkeypatch.setattr(archive, "try_in_fork", lambda function, *_: tried.append(function()))
    assert check_hdf5("a.h5", io.BytesIO(h5_bytes(chunks_of_lzf))) == 80_000
    assert tried


def test_a_chunk_of_lzf_has_room_for_what_it_declares() -> None:
    content = bytearray(h5_bytes(chunks_of_lzf))
    place = content.index(b"lzf\0") + 16  # the last of three settings
    assert content[place : place + 4] == (50 * 9 * 8).to_bytes(4, "little")
    content[place : place + 4] = bytes(4)
    with pytest.raises(zoo.UnsafeFile, match="'z' has less room for a chunk of LZF"):
        check_hdf5("a.h5", io.BytesIO(content))


def test_a_large_file_is_read_where_it_is(tmp_path: Path) -> None:
    def fill(file: Any) -> None:
        file["x"] = np.random.default_rng(1).random((400, 1000))
        many_texts(file)

    content = h5_bytes(fill)
    assert len(content) > 2**20
    assert check_hdf5("a.h5", io.BytesIO(content)) > len(content) / 2
    for changed in (content[:5000], content[: len(content) // 2]):
        with pytest.raises((OSError, zoo.UnsafeFile)):
            check_hdf5("a.h5", io.BytesIO(changed))
