"""Series in .csv, .tsv and .txt files: the class first, last or named; tabs and spaces; the long format."""

from pathlib import Path

import numpy as np
import pytest

import zoo
from zoo.data.readers.series_files import parse_blocks, parse_series


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
        (("class,class,a", "cat,cat,1", "dog,dog,2"), "has 2 columns called 'class'"),
        (("class,a", "cat,1\0"), "holds zeros, as no text in UTF-8 does"),
        (
            ("filename,label", "a/0.png,cat", "a/1.png,dog"),
            "line 2: the column 'filename' holds 'a/0.png'.* Images are given as a folder",
        ),
    ],
)
def test_what_is_wrong_is_named(lines: tuple[str, ...], message: str, tmp_path: Path) -> None:
    with pytest.raises(zoo.DataError, match=message):
        parse_series(write(tmp_path / "a.csv", *lines))


def test_lines_and_columns_have_limits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path / "a.csv", "class,a,b", "cat,1,2", "dog,3,4")
    for name, most in (("series_columns", 2), ("series_lines", 2), ("line_bytes", 8)):
        monkeypatch.setenv("ZOO_LIMITS", f"{name}={most}")
        with pytest.raises(zoo.ZooError, match=rf"at most {most} allowed.*set ZOO_LIMITS={name}="):
            parse_series(path)
        monkeypatch.setenv("ZOO_LIMITS", f"{name}={most + 8}")
        assert len(parse_series(path)) == 2


def test_rows_of_any_number_keep_their_lines_and_gaps(tmp_path: Path) -> None:
    rows = [f"{'ab'[at % 2]},{at},{'' if at % 7 == 3 else at + 2},{at + 4}" for at in range(12_000)]
    series = parse_series(write(tmp_path / "a.csv", "class,t0,t1,t2", *rows))
    assert [each.line for each in series] == list(range(2, 12_002))
    assert [each.label for each in series] == list("ab") * 6_000
    np.testing.assert_array_equal(
        [each.values[:, 0] for each in series], [[at, at + 2, at + 4] for at in range(12_000)]
    )


def test_long_series_of_many_ids_are_put_in_order(tmp_path: Path) -> None:
    rows = [f"{at % 500},{-at},{at},cat" for at in range(2_000)]
    series = parse_series(write(tmp_path / "a.csv", "id,time,value,class", *rows))
    assert [each.line for each in series] == list(range(2, 502))
    np.testing.assert_array_equal(series[3].values[:, 0], [1503, 1003, 503, 3])


def test_names_of_classes_that_are_nan_are_words(tmp_path: Path) -> None:
    write(tmp_path / "a.csv", *["2,1", "nan,2", "10,3", "NaN,4", "1,5"] * 4)
    assert zoo.open_dataset(tmp_path / "a.csv").classes == ("1", "2", "10", "NaN", "nan")
    write(tmp_path / "b.csv", *[f"{'c' * 2000},1", "b,2"] * 4)
    with pytest.raises(zoo.UnsafeFile, match="letters of the name of a class: 2,000 found"):
        zoo.open_dataset(tmp_path / "b.csv")


def test_many_series_are_few_objects(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "class,t0,t1", *(f"a,{at},1" for at in range(9_000)))
    blocks = parse_blocks(path)
    assert len(blocks) < 10
    assert [len(block.lines) for block in blocks] == [len(block.labels) for block in blocks]
    assert [float(series.values[0, 0]) for series in parse_series(path)] == list(range(9_000))


def test_a_row_longer_than_the_header_is_told(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "a,b,c", "1,2,3,cat", "4,5,6,dog")
    with pytest.raises(
        zoo.ZooError, match=r"a\.csv, line 2: 4 columns, where the first line has 3"
    ):
        parse_series(path)
