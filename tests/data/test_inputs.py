from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import zoo
from zoo.data.inputs import expand_items, item_name, item_stem, item_suffixes, read_input


def ts(name: str, *lengths: int, label: bool = True) -> None:
    """Write series of two channels, counted upwards from the number of the series."""
    rows = [
        ":".join([",".join(str(at + step) for step in range(length))] * 2) + ":up" * label
        for at, length in enumerate(lengths)
    ]
    header = f"@classLabel {'true up' if label else 'false'}\n@data\n"
    Path(name).write_text(header + "\n".join(rows) + "\n")


def test_each_series_of_a_file_is_an_item() -> None:
    ts("made.ts", 4, 4, 4)
    items = expand_items(["made.ts", "gone.ts", "1,2"], (4, 2))
    assert [str(item) for item in items] == [
        "made.ts:1",
        "made.ts:2",
        "made.ts:3",
        "gone.ts",
        "1,2",
    ]
    values = read_input(items[1], (4, 2))
    assert values.tolist() == [[1, 1], [2, 2], [3, 3], [4, 4]]
    assert values.dtype == np.float32
    assert item_name(items[1]) == "made.ts:2"
    assert item_stem(items[1]) == "made-2"


@pytest.mark.parametrize("shape", [None, (4,), (4, 4, 1)])
def test_a_file_of_series_stays_one_item_where_no_series_are_taken(shape: Any) -> None:
    ts("made.ts", 4, 4)
    assert expand_items([Path("made.ts")], shape) == [Path("made.ts")]
    if shape:
        with pytest.raises(
            zoo.DataError, match=r"made\.ts is a file of series, and the model takes"
        ):
            read_input("made.ts", shape)


def test_a_folder_stands_for_the_files_in_it_that_the_model_reads() -> None:
    Path("all").mkdir()
    ts("all/b.ts", 4, 4)
    np.save("all/a.npy", np.zeros((4, 2)))
    Path("all/notes.txt").touch()
    names = [str(item) for item in expand_items(["all"], (4, 2))]
    assert names == ["all/a.npy", "all/b.ts:1", "all/b.ts:2"]
    assert [str(item) for item in expand_items(["all"], (4, 4, 1))] == ["all/a.npy"]
    assert ".ts" not in item_suffixes((4, 4, 1))
    Path("empty").mkdir()
    with pytest.raises(zoo.UsageError, match=r"no image \(and no \.npy\) in empty"):
        expand_items(["empty"], (4, 4, 1))
    with pytest.raises(zoo.UsageError, match=r"and no \.ts, \.csv or \.npy\) in empty"):
        expand_items(["empty"], (4, 2))


def test_a_single_path_is_one_item() -> None:
    assert expand_items("seven.png", (4, 4, 1)) == ["seven.png"]
    assert expand_items(Path("seven.png"), (4, 4, 1)) == [Path("seven.png")]


def test_a_series_that_does_not_fit_names_its_length_and_channels() -> None:
    ts("made.ts", 4, 3)
    with pytest.raises(zoo.DataError, match=r"^made\.ts:2 has 3 time steps; the model takes 4\.$"):
        read_input("made.ts:2", (4, 2))
    with pytest.raises(
        zoo.DataError,
        match=r"made\.ts:1 has 4 time steps and 2 channels; the model takes 4 time steps and 1 channel",
    ):
        read_input("made.ts:1", (4, 1))
    assert [str(item) for item in expand_items(["made.ts"], (4, 2))] == ["made.ts:1", "made.ts:2"]
    assert expand_items(["made.ts"], (9, 2)) == ["made.ts"]
    with pytest.raises(
        zoo.DataError, match=r"no series fits; the first has 4 time steps; the model takes 9"
    ):
        read_input("made.ts", (9, 2))


def test_a_series_is_named_by_a_number_from_one_on() -> None:
    ts("made.ts", 4, 4)
    for name in ("made.ts:0", "made.ts:3"):
        with pytest.raises(zoo.DataError, match=rf"made\.ts holds 2 series. Received: {name}"):
            read_input(name, (4, 2))
    with pytest.raises(zoo.DataError, match=r"holds 2 series. Name one, from made\.ts:1 on"):
        read_input("made.ts", (4, 2))
    with pytest.raises(zoo.DataError, match=r"There is no file gone\.ts"):
        read_input("gone.ts:1", (4, 2))
    ts("one.ts", 4)
    assert read_input("one.ts", (None, 2)).shape == (4, 2)


def test_a_file_is_read_again_where_it_changed() -> None:
    ts("made.ts", 4, 4)
    read_input("made.ts:1", (4, 2))
    ts("made.ts", 4)
    with pytest.raises(zoo.DataError, match="holds 1 series"):
        read_input("made.ts:2", (4, 2))


def test_series_without_classes_are_read() -> None:
    ts("made.ts", 4, 4, label=False)
    assert read_input("made.ts:2", (4, 2))[0].tolist() == [1, 1]
    Path("made.csv").write_text("1,2,3\n4,5,6\n")
    assert read_input("made.csv:2", (3, 1))[:, 0].tolist() == [4, 5, 6]
    assert read_input("made.csv:2", (2, 1))[:, 0].tolist() == [5, 6]
    Path("named.csv").write_text("t0,t1,label\n1,2,up\n")
    assert read_input("named.csv", (2, 1))[:, 0].tolist() == [1, 2]


def test_a_broken_file_of_series_stays_one_item_that_names_the_line() -> None:
    Path("made.csv").write_text("a,1,2\nb,1\n")
    assert expand_items(["made.csv"], (2, 1)) == ["made.csv"]
    with pytest.raises(zoo.DataError, match=r"made\.csv, line 2: 2 columns"):
        read_input("made.csv", (2, 1))


def test_an_array_that_is_no_series_of_the_model_names_the_lengths() -> None:
    with pytest.raises(zoo.DataError, match="has 3 time steps; the model takes 4"):
        read_input(np.zeros((3, 2)), (4, 2))
    np.save("a.npy", np.zeros((3, 2)))
    with pytest.raises(zoo.DataError, match=r"a\.npy: .* has 3 time steps; the model takes 4"):
        read_input("a.npy", (4, 2))


def test_an_image_is_no_series() -> None:
    Image.new("L", (4, 4)).save("a.png")
    with pytest.raises(
        zoo.DataError, match=r"a\.png: the model takes arrays of shape \(4, any\).*\.ts or \.csv"
    ):
        read_input("a.png", (4, None))


def test_stems_name_what_is_made_of_an_item() -> None:
    assert [item_stem(Path(item)) for item in ("a/b.png", "a.b", "b.png,c.npy", "1,2")] == [
        "b", "a.b", "b-c", "1-2",
    ]  # fmt: skip


@pytest.mark.parametrize("shape", [(4, 1), (4, 5, 6, 1), (4, 5, 1)])
def test_an_array_may_lack_the_axis_of_its_one_channel(shape: tuple[int, ...]) -> None:
    values = np.random.default_rng(0).random(shape, np.float32)
    np.save("one.npy", values[..., 0])
    assert np.array_equal(read_input("one.npy", shape), values)
    assert np.array_equal(read_input(values[..., 0], shape), values)
    with pytest.raises(zoo.DataError):
        read_input(values[..., 0], (*shape[:-1], 2))
