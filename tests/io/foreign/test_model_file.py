"""A .keras file has few archives in it, weights of any size are checked, and an .npz has short headers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

import zoo
from zoo.io.foreign import array_file
from zoo.io.safe_load import check_model_file, read_arrays
from zoo.testing.hostile.archives import h5_bytes, keras_bytes, zip_bytes
from zoo.testing.hostile.small_files import zip_headers
from zoo.testing.hostile.zip_cases import npy_bytes


def test_a_keras_file_has_few_archives() -> None:
    Path("a.keras").write_bytes(keras_bytes(members={f"{i}.npz": b"" for i in range(30)}))
    with pytest.raises(zoo.UnsafeFile, match=r"holds 31 files that end in \.h5 or \.npz"):
        check_model_file(Path("a.keras"))


def test_the_headers_of_an_npz_have_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("a.npz").write_bytes(zip_bytes({f"{i}.npy": npy_bytes() for i in range(9)}))
    assert len(read_arrays(Path("a.npz"))) == 9
    monkeypatch.setattr(array_file, "_MOST_HEADERS", 1000)
    monkeypatch.setattr(array_file, "_USUAL_HEADER", 60)
    with pytest.raises(zoo.UnsafeFile, match="headers of more than 1,000 bytes"):
        read_arrays(Path("a.npz"))


@pytest.mark.parametrize("kind", ["keras", "npz"])
def test_a_long_name_in_a_header_makes_no_long_message(kind: str) -> None:
    (case,) = [case for case in zip_headers.cases() if "60,000" in case.name and case.kind == kind]
    file, read = case.write(Path()), {"keras": check_model_file, "npz": read_arrays}[kind]
    with pytest.raises((zoo.UnsafeFile, zoo.DataError)) as error:
        read(file)
    assert len(str(error.value)) < 600


@pytest.mark.parametrize("rows", [4, 400_000], ids=["small", "read in pieces"])
def test_the_weights_in_a_keras_file_are_checked_whatever_their_size(rows: int) -> None:
    def good(file: Any) -> None:
        file["layers/dense/vars/0"] = np.ones((rows, 1), np.float32)

    def bad(file: Any) -> None:
        good(file)
        file["elsewhere"] = h5py.ExternalLink("other.h5", "/")

    Path("a.keras").write_bytes(keras_bytes(content=h5_bytes(good)))
    check_model_file(Path("a.keras"))
    Path("b.keras").write_bytes(keras_bytes(content=h5_bytes(bad)))
    with pytest.raises(zoo.UnsafeFile, match="link"):
        check_model_file(Path("b.keras"))
