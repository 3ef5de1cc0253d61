"""What passes without HDF5 passes with it, too, and declares as much: in honest, hostile and broken files."""

from __future__ import annotations

import io
import random
from collections.abc import Callable
from typing import Any

import h5py
import numpy as np
import pytest

import zoo
from tests.hostile.fuzz import mutate
from zoo.io.foreign.hdf5 import archive
from zoo.io.foreign.hdf5.archive import Contents
from zoo.io.foreign.hdf5.check import walk_objects
from zoo.testing.hostile.archives import h5_bytes, model_h5_bytes, weights
from zoo.testing.hostile.h5_cases import CHANGES

HONEST = [h5_bytes(weights), model_h5_bytes()]


def without_hdf5(content: bytes) -> Contents | None:
    """Return what is found without HDF5; None where the file is not usual."""
    return archive._read_plainly("a.h5", io.BytesIO(content))


def with_hdf5(content: bytes) -> int:
    """Return how many bytes HDF5 says that the arrays and the attributes declare."""
    with h5py.File(io.BytesIO(content), "r") as file:
        return walk_objects("a.h5", file).declared


def typed_arrays(file: Any) -> None:
    """Write arrays of all the types and layouts that Keras writes."""
    for kind in ("f2", "f4", "f8", "i1", "u1", "i8", "S7"):
        file[f"arrays/{kind}"] = np.zeros((3, 5), kind)
    file["one"] = np.float32(2)
    file["arrays/second_name"] = file["arrays/f8"]
    file.create_dataset("packed", data=np.ones((40, 40), "f4"), compression="gzip", shuffle=True)
    file["arrays"].attrs["numbers"], file["arrays"].attrs["text"] = [1.5, 2.5], "ä"


@pytest.mark.parametrize("content", [*HONEST, h5_bytes(typed_arrays)])
def test_honest_files_need_no_hdf5(content: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    found = without_hdf5(content)
    assert found is not None
    assert found.declared == with_hdf5(content) > 0
    with h5py.File(io.BytesIO(content), "r") as file:
        assert found.config == file.attrs.get("model_config")
    monkeypatch.setattr(archive, "_open", lambda *_: pytest.fail("HDF5 was needed"))
    assert archive.inspect_hdf5("a.h5", io.BytesIO(content)) == found


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_what_hdf5_refuses_is_not_usual(change: Callable[[Any], None]) -> None:
    content = h5_bytes(change)
    try:
        found = without_hdf5(content)
    except zoo.UnsafeFile:
        return
    if found is not None:  # the arrays declare too much, which is refused by its size
        assert found.declared == with_hdf5(content) > 2**26


@pytest.mark.parametrize("value", [b"a\0b", np.array(["a"], object), np.bytes_(b"a")])
def test_another_model_config_is_left_to_hdf5(value: Any) -> None:
    def fill(file: Any) -> None:
        kind = None if isinstance(value, np.bytes_) else h5py.string_dtype()
        if isinstance(value, bytes) and not isinstance(value, np.bytes_):
            file.attrs["model_config"] = "a_b"
        else:
            file.attrs.create("model_config", value, dtype=kind)

    content = h5_bytes(fill).replace(b"a_b", b"a\0b")
    assert without_hdf5(content) is None
    text = archive.inspect_hdf5("a.h5", io.BytesIO(content)).config
    assert text is not None
    assert text.strip("[]'") == "a"


@pytest.mark.parametrize(
    "options",
    [{"scaleoffset": 2, "chunks": (5, 5)}, {"external": [("/etc/passwd", 0, 100)]}],
    ids=["a filter", "another file"],
)
def test_storage_that_keras_does_not_write_is_refused(options: dict[str, Any]) -> None:
    def fill(file: Any) -> None:
        file.create_dataset("w", (5, 5), "i4", **options)

    content = h5_bytes(fill)
    assert without_hdf5(content) is None
    with pytest.raises(zoo.UnsafeFile, match="'w'"):
        archive.inspect_hdf5("a.h5", io.BytesIO(content))


def test_broken_files_that_are_usual_pass_hdf5() -> None:
    draw, usual = random.Random(5), 0
    for content in [*HONEST, h5_bytes(typed_arrays)]:
        for _ in range(300):
            changed = mutate(content, content, draw)
            try:
                found = without_hdf5(changed)
            except zoo.UnsafeFile:
                continue
            if found is not None and changed != content:
                usual += 1
                try:
                    declared = with_hdf5(changed)
                except (OSError, KeyError, RuntimeError, ValueError):  # Keras cannot read it either
                    continue
                assert found.declared == declared
    assert usual > 20
