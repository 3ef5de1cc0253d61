"""Series in .csv, .tsv and .txt files: the class first, last or named; tabs and spaces; the long format."""

from pathlib import Path

import numpy as np
import pytest

import zoo
from zoo.data.readers.series_files import parse_series


def write(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("a.csv", ("cat,1,2,3", "dog,4,5,6")),
        ("a.csv", ("1,2,3,cat", "4,5,6,dog")),
        ("a.csv", ("t0,t1,t2,kind", "1,2,3,cat", "4,5,6,dog")),
        ("a.csv", ("t0,class,t1,t2", "1,cat,2,3", "4,dog,5,6")),
        ("a.csv", ("id,time,value,class", "7,1,2,cat", "7,0,1,cat", "7,2,3,cat", "8,0,4,dog",
                   "8,1,5,dog", "8,2,6,dog")),
        ("a.tsv", ("cat\t1\t2\t3", "dog\t4\t5\t6")),
        ("a.txt", ("cat  1.0000000e+00  2  3", "dog 4 5 6")),
        ("a.txt", ("cat,1,2,3", "dog,4,5,6")),
    ],
)  # fmt: skip
def test_each_layout_gives_the_same_series(
    name: str, lines: tuple[str, ...], tmp_path: Path
) -> None:
    series = parse_series(write(tmp_path / name, *lines))
    assert [each.label for each in series] == ["cat", "dog"]
    np.testing.assert_array_equal([each.values[:, 0] for each in series], [[1, 2, 3], [4, 5, 6]])


def test_the_classes_of_ucr_are_whole_numbers(tmp_path: Path) -> None:
    write(tmp_path / "A_TRAIN.txt", *["  1.0000000e+00  1 2 3", "  2.0000000e+00  4 5 6"] * 3)
    write(tmp_path / "A_TEST.txt", "  2.0000000e+00  4 5 6")
    data = zoo.open_dataset(tmp_path / "A_TRAIN.txt")
    assert (data.classes, len(data.train), len(data.test)) == (("1", "2"), 6, 1)


def test_the_long_format_has_several_channels_and_gaps(tmp_path: Path) -> None:
    lines = ("series_id,timestamp,x,y", "a,mon,1,5", "a,tue,,6", "a,wed,3,7")
    (series,) = parse_series(write(tmp_path / "a.csv", *lines), needs_labels=False)
    np.testing.assert_array_equal(series.values, [[1, 5], [2, 6], [3, 7]])
    assert series.label is None


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (
            ("id,time,value,class", "1,0,5,cat", "1,1,6,dog"),
            "line 3.*class 'dog', and 'cat' in line 2",
        ),
        (("id,time,value", "1,0"), "line 2: 2 columns, where the first line has 3"),
        (
            ("length,width,depth", "5.1,2,3", "4.9,2,3"),
            "no column is called class.*'length', holds '5.1'",
        ),
        (
            ("t0,day,class", "1,2020-01-01,cat", "4,2020-01-02,dog"),
            "line 2: the column 'day' holds '2020-01-01', which is no number. Turn it into numbers",
        ),
        (
            ("filename,label", "a/0.png,cat", "a/1.png,dog"),
            "line 2: the column 'filename' holds 'a/0.png'.* Images are given as a folder",
        ),
    ],
)
def test_what_is_wrong_is_named(lines: tuple[str, ...], message: str, tmp_path: Path) -> None:
    with pytest.raises(zoo.DataError, match=message):
        parse_series(write(tmp_path / "a.csv", *lines))
