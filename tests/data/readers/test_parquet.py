"""Parquet files as data: images and numbers, read row group by row group."""

import io
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from zoo.data import pipeline
from zoo.data.dataset import Dataset
from zoo.data.jax_stream import batches as jax_batches
from zoo.data.load import open_dataset
from zoo.data.on_demand import parquet_files, parquet_pages
from zoo.data.on_demand.parquet_column import encoded_images
from zoo.data.on_demand.parquet_rows import ParquetRows
from zoo.data.random.stream import TrainingStream
from zoo.data.readers import parquet
from zoo.errors import DataError, UsageError

NAMES = ("cat", "dog", "owl")


def png(pixels: Any) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


@pytest.fixture
def pixels() -> Any:
    return np.random.default_rng(0).integers(0, 255, (60, 6, 6), dtype=np.uint8)


@pytest.fixture
def images(tmp_path: Path, pixels: Any) -> Path:
    """60 grey images in row groups of 7, as Hugging Face writes them."""
    cells = [{"bytes": png(each), "path": None} for each in pixels]
    table = pa.table({"image": cells, "label": [at % 3 for at in range(60)]})
    names = {"info": {"features": {"label": {"names": NAMES, "_type": "ClassLabel"}}}}
    table = table.replace_schema_metadata({"huggingface": json.dumps(names)})
    pq.write_table(table, tmp_path / "images.parquet", row_group_size=7)
    return tmp_path / "images.parquet"


@pytest.fixture
def on_demand(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is few: all rows are read on demand, with two row groups in a window."""
    monkeypatch.setattr(parquet, "LAZY_BYTES", 0)
    monkeypatch.setattr(parquet_files, "WINDOW_BYTES", 2 * 1500)


@pytest.mark.parametrize("lazy", [False, True])
def test_images_and_names_are_those_of_the_file(
    images: Path, pixels: Any, lazy: bool, request: pytest.FixtureRequest
) -> None:
    if lazy:
        request.getfixturevalue("on_demand")
    data = open_dataset(images, hold_out=False)
    assert isinstance(data.train.stored, ParquetRows) is lazy
    assert data.classes == NAMES
    assert data.input_shape == (6, 6, 1)
    np.testing.assert_array_equal(data.train.stored[:][..., 0], pixels)
    np.testing.assert_array_equal(data.train.stored[np.array([41, 3])][..., 0], pixels[[41, 3]])
    np.testing.assert_array_equal(data.train.stored[5][..., 0], pixels[5])
    np.testing.assert_array_equal(data.train.targets, np.arange(60) % 3)


def test_a_part_of_the_rows_reads_its_own(images: Path, pixels: Any, on_demand: None) -> None:
    data = open_dataset(images)
    assert len(data.train) + len(data.test) == 60
    part = data.train.take(np.array([9, 2]))
    whole = open_dataset(images, hold_out=False).train
    for at in range(2):
        (place,) = np.flatnonzero((pixels == part.stored[at][..., 0]).all((1, 2)))
        assert whole.targets is not None
        assert part.targets is not None
        assert whole.targets[place] == part.targets[at]


def test_each_row_group_is_read_once_in_an_epoch(
    images: Path, on_demand: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = open_dataset(images, hold_out=False)
    read: list[int] = []
    original = parquet_files._read_group
    monkeypatch.setattr(
        parquet_files, "_read_group", lambda path, at, columns: read.append(at) or original(path, at, columns)
    )  # fmt: skip
    stored = data.train.stored
    assert isinstance(stored, ParquetRows)
    assert stored.window == 2
    stored.files._groups.clear()
    order = pipeline.epoch_orders(stored, np.arange(60), 1)(0)
    for start in range(0, 60, 10):
        stored[order[start : start + 10]]
    assert sorted(read) == list(range(9))


def test_both_backends_stream_the_examples_of_the_order(images: Path, on_demand: None) -> None:
    data = open_dataset(images, hold_out=False)
    positions = np.arange(0, 60, 2)
    described = TrainingStream(
        data.train, positions, 8, seed=5, first_epoch=1, example=pipeline.pair
    )
    order = pipeline.epoch_orders(data.train.stored, positions, 5)(1)
    for shuffled in (pipeline.shuffled_batches, jax_batches.shuffled_batches):
        stream = iter(shuffled(described))
        for step in range(3):
            x, y = next(stream)
            places = positions[order[8 * step : 8 * step + 8]]
            np.testing.assert_allclose(np.asarray(x), data.train.stored[places] / 255, atol=1e-6)
            np.testing.assert_array_equal(np.asarray(y), places % 3)


def test_the_fingerprint_depends_on_the_content_and_not_on_the_place(
    images: Path, on_demand: None, tmp_path: Path
) -> None:
    copy = tmp_path / "elsewhere.parquet"
    copy.write_bytes(images.read_bytes())
    assert open_dataset(copy).fingerprint == open_dataset(images).fingerprint
    table = pq.read_table(images)
    pq.write_table(table.take(list(range(59, -1, -1))), copy, row_group_size=7)
    assert open_dataset(copy).fingerprint != open_dataset(images).fingerprint


@pytest.mark.parametrize("layout", ["folders", "names"])
def test_files_for_training_and_testing(tmp_path: Path, layout: str) -> None:
    for name, labels in (("train", ["u", "v"] * 4), ("test", ["v"] * 3)):
        numbers = np.arange(len(labels)) * 1.0
        table = pa.table({"a": numbers, "b": numbers > 2, "y": labels})
        own = f"{name}/0" if layout == "folders" else f"{name}-00000-of-00001"
        file = tmp_path / f"{own}.parquet"
        file.parent.mkdir(exist_ok=True)
        pq.write_table(table, file)
    data = open_dataset(tmp_path)
    assert (len(data.train), len(data.test), data.classes) == (8, 3, ("u", "v"))
    np.testing.assert_array_equal(data.train.inputs[:, 0], np.arange(8))
    assert data.train.inputs.dtype == np.float32


def test_numbers_to_predict(tmp_path: Path, on_demand: None) -> None:
    values = np.random.default_rng(0).normal(size=(40, 3))
    table = pa.table({**{f"f{at}": values[:, at] for at in range(3)}, "target": values.sum(1)})
    pq.write_table(table, tmp_path / "n.parquet", row_group_size=6)
    data = open_dataset(tmp_path / "n.parquet", hold_out=False)
    assert data.outputs == 1
    assert data.classes is None
    np.testing.assert_allclose(data.train.inputs, values.astype(np.float32))


@pytest.mark.parametrize("name", ["Species", "category", "class", "target", "LABEL", "labels", "y"])
def test_the_column_of_the_classes_is_found_by_its_name(tmp_path: Path, name: str) -> None:
    table = pa.table({"length": [1.0, 2.0] * 4, name: ["setosa", "virginica"] * 4})
    pq.write_table(table, tmp_path / "flowers.parquet")
    data = open_dataset(tmp_path / "flowers.parquet")
    assert (data.input_shape, data.classes) == ((1,), ("setosa", "virginica"))


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"a": [b"x"], "b": [b"y"]}, "more than one column of bytes: a, b"),
        (
            {"a": [1.0], "b": ["text"]},
            "no numbers: b.* called class, label, .*species or y. Rename",
        ),
        ({"label": [1]}, "no columns of numbers: only targets"),
        ({"a": [1.0, 2.0, None, 4.0], "label": [0, 1, 0, 1]}, "not a finite number"),
        ({"a": [1.0, 2.0], "label": [0, None]}, "rows without a target in the column label"),
        ({"a": pa.array([], pa.float32()), "label": pa.array([], pa.int64())}, "no rows"),
        (
            {"image": [b"no image"] * 4, "label": [0, 1, 0, 1]},
            "row 0 of row group 0 is not an image",
        ),
    ],
)
def test_what_cannot_be_data_is_refused(tmp_path: Path, columns: Any, message: str) -> None:
    pq.write_table(pa.table(columns), tmp_path / "bad.parquet")
    with pytest.raises(DataError, match=message):
        open_dataset(tmp_path / "bad.parquet")


def test_a_file_that_is_no_parquet_is_refused(tmp_path: Path) -> None:
    (tmp_path / "bad.parquet").write_bytes(b"PAR1 not really PAR1")
    with pytest.raises(DataError, match=r"bad.parquet is no Parquet file"):
        open_dataset(tmp_path / "bad.parquet")


def test_a_broken_image_is_named_when_it_is_read(images: Path, on_demand: None) -> None:
    table = pq.read_table(images).to_pydict()
    table["image"][16]["bytes"] = table["image"][16]["bytes"][:40]
    pq.write_table(pa.table(table), images, row_group_size=7)
    data: Dataset = open_dataset(images, hold_out=False)
    with pytest.raises(DataError, match="row group 2, row 2 is"):
        data.train.stored[[16]]
    assert "row group 2, row 2" in str(data.train.decoding_error)


def test_a_large_row_group_is_refused(images: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "MOST_GROUP_BYTES", 100)
    with pytest.raises(DataError, match="row_group_size=1000"):
        open_dataset(images)


def test_the_footer_of_many_row_groups_is_parsed_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "n.parquet"
    pq.write_table(pa.table({"a": np.arange(300.0), "y": [0, 1] * 150}), file, row_group_size=1)
    checked: list[Path] = []
    check, parse = parquet_files.check_footer, parquet_files._parse_footer
    monkeypatch.setattr(
        parquet_files, "check_footer", lambda path: checked.append(path) or check(path)
    )
    before = parse.cache_info().misses
    assert len(open_dataset(file, hold_out=False).train) == 300
    assert (checked, parse.cache_info().misses - before) == ([file], 1)


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        ("table_columns=4", "columns of a Parquet file: 5 found, at most 4 .*table_columns=5"),
        ("table_depth=1", "nested columns of a Parquet file: 2 found.*table_depth=2"),
        ("table_groups=3", "row groups of a Parquet file: 4 found.*table_groups=4"),
        ("table_chunks=15", "of all row groups of a Parquet file together: more than 16 found"),
        ("table_footer=200", "bytes of the footer of a Parquet file: "),
        ("table_values=20", "in the footer of a Parquet file: more than 2. found, at most 20"),
    ],
)
def test_limits_of_a_footer_are_raised_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limits: str, message: str
) -> None:
    file = tmp_path / "n.parquet"
    cells = [{"bytes": png(np.zeros((4, 4), np.uint8)), "path": None}] * 8
    numbers = {"a": np.arange(8.0), "y": [0, 1] * 4}
    pq.write_table(pa.table({"image": cells, **numbers}), file, row_group_size=2)
    monkeypatch.setenv("ZOO_LIMITS", limits)
    with pytest.raises(DataError, match=message):
        open_dataset(file)
    monkeypatch.delenv("ZOO_LIMITS")
    assert len(open_dataset(file, hold_out=False).train) == 8


def test_a_row_group_that_holds_fewer_rows_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "n.parquet"
    pq.write_table(pa.table({"a": np.arange(40.0), "y": [0, 1] * 20}), file)
    content = file.read_bytes()
    assert content.count(b"\x16\x50") > 2  # 40 as a field of 64 bits
    file.write_bytes(content.replace(b"\x16\x50", b"\x16\x52"))
    with pytest.raises(DataError, match="declares 41 rows and holds 40"):
        open_dataset(file)


def test_a_missing_pyarrow_is_named(images: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(UsageError, match=r"pip install 'keras-zoo\[parquet\]'"):
        open_dataset(images)


@pytest.mark.parametrize("names", [3, None, "ab", {"a": 1}, [1, 2], ["a"]])
def test_names_of_classes_that_are_no_names_are_left_out(tmp_path: Path, names: object) -> None:
    about = {"huggingface": json.dumps({"info": {"features": {"label": {"names": names}}}})}
    table = pa.table({"a": np.arange(8.0), "label": [0, 1] * 4}).replace_schema_metadata(about)
    pq.write_table(table, tmp_path / "n.parquet")
    assert open_dataset(str(tmp_path / "n.parquet")).classes == ("0", "1")


def test_images_and_names_that_repeat_are_read_once(tmp_path: Path) -> None:
    image = io.BytesIO()
    Image.new("L", (8, 8), 255).save(image, "PNG")
    cells = [image.getvalue(), None, image.getvalue()]
    for kind in (pa.binary(), pa.struct({"bytes": pa.binary(), "path": pa.string()})):
        values = cells if kind == pa.binary() else [cell and {"bytes": cell} for cell in cells]
        encoded = encoded_images(pa.chunked_array([pa.array(values, kind)]))
        assert encoded == cells
    dictionary = pa.chunked_array([pa.array(cells).dictionary_encode()])
    first, missing, last = encoded_images(dictionary)
    assert first is last
    assert missing is None


@pytest.mark.parametrize("encoding", ["DELTA_BYTE_ARRAY", "DELTA_LENGTH_BYTE_ARRAY", "PLAIN"])
def test_names_in_other_encodings_than_a_dictionary_are_read(tmp_path: Path, encoding: str) -> None:
    names = ["cat", "catfish", "dog"] * 20
    table = pa.table({"a": np.arange(60.0), "target": names})
    path = tmp_path / "a.parquet"
    pq.write_table(table, path, use_dictionary=False, column_encoding={"target": encoding})
    data = open_dataset(str(path))
    assert data.classes == ("cat", "catfish", "dog")
    places = data.train.inputs[:, 0].astype(int)
    assert [data.classes[at] for at in data.train.targets] == [names[at] for at in places]


def test_a_row_group_of_few_bytes_and_very_many_values_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parquet_pages, "_SMALL", 5_000_000)
    rows = 400_000
    noise = np.random.default_rng(0).normal(size=rows)
    for name, values in {"noise": noise, "zeros": np.zeros(rows)}.items():
        table = pa.table({"target": [0, 1] * (rows // 2)} | dict.fromkeys("abcd", values))
        pq.write_table(table, tmp_path / f"{name}.parquet", compression="zstd")
    assert open_dataset(str(tmp_path / "noise.parquet")).train.inputs[:5].shape == (5, 4)
    with pytest.raises(DataError, match=r"would unpack to more than .* ZOO_LIMITS=npz_ratio="):
        _ = open_dataset(str(tmp_path / "zeros.parquet")).train.inputs[:5]
