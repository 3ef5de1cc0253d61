import os
from pathlib import Path

import numpy as np
import pytest

from zoo.data.load import dataset_info, open_dataset
from zoo.errors import DataError

TS = """# a comment: with a colon
@problemName Made
@timeStamps false
@univariate false
@classLabel true up down
@data
"""


def ts(rows: list[str], name: str = "made.ts") -> Path:
    path = Path(name)
    path.write_text(TS + "\n".join(rows) + "\n")
    return path


def csv(text: str, name: str = "made.csv") -> Path:
    path = Path(name)
    path.write_text(text)
    return path


ROWS = [f"{i},{i + 1},{i * i}:{-i},1,2:{'up' if i % 2 else 'down'}" for i in range(20)]


def test_channels_stand_between_colons() -> None:
    data = open_dataset(ts(ROWS))
    assert data.input_shape == (3, 2)
    assert data.classes == ("down", "up")
    assert (len(data.train), len(data.test)) == (16, 4)


def test_values_stay_as_they_were_measured() -> None:
    data = open_dataset(ts(ROWS))
    measured = {(i, -i) for i in range(20)}
    assert {tuple(series[0].astype(int)) for series in data.train.inputs} <= measured
    assert data.preprocessing == "as measured, gaps filled in"


def test_a_training_file_goes_with_the_test_file_beside_it() -> None:
    ts(ROWS, "Made_TRAIN.ts")
    ts(ROWS[:5], "Made_TEST.ts")
    data = open_dataset("Made_TRAIN.ts")
    assert (len(data.train), len(data.test)) == (20, 5)


def test_a_missing_value_lies_between_its_neighbours(caplog: pytest.LogCaptureFixture) -> None:
    rows = [f"{i % 2},0,{'' if i == 4 else 5},10" for i in range(20)]
    whole = [f"{i % 2},0,5,10" for i in range(20)]
    with caplog.at_level("INFO", "zoo"):
        gap, full = (
            open_dataset(csv("\n".join(text), f"{at}.csv")) for at, text in enumerate((rows, whole))
        )
    (message,) = caplog.messages
    assert message.endswith(
        "0.csv: 1 missing value is interpolated along time, between the neighbours."
    )
    np.testing.assert_array_equal(gap.train.stored, full.train.stored)


def test_a_header_names_the_column_of_the_classes() -> None:
    text = "t0,t1,t2,label\n" + "\n".join(f"{i},2,3,{'ab'[i % 2]}" for i in range(10))
    data = open_dataset(csv(text))
    assert data.classes == ("a", "b")
    assert data.input_shape == (3, 1)


@pytest.mark.parametrize(
    ("between", "point", "header"),
    [(";", ".", "class;t0;t1\n"), (";", ",", "class;t0;t1\n"), (";", ",", ""), ("\t", ".", "")],
)
def test_spreadsheets_write_other_delimiters_and_decimal_commas(
    between: str, point: str, header: str
) -> None:
    rows = [f"{'ab'[i % 2]}{between}0{point}5{between}-1{point}25\n" for i in range(10)]
    data = open_dataset(csv(header + "".join(rows)))
    assert data.classes == ("a", "b")
    np.testing.assert_array_equal(data.train.stored[0, :, 0], [0.5, -1.25])


def test_a_target_with_decimals_is_a_number_to_predict() -> None:
    data = open_dataset(csv("a,b,target\n" + "".join(f"{i},2,{i}.5\n" for i in range(10))))
    assert (data.classes, data.outputs) == (None, 1)
    assert data.train.targets is not None
    np.testing.assert_array_equal(data.train.targets, data.train.stored[:, 0, 0] + 0.5)


def test_a_row_too_long_is_refused_with_its_line() -> None:
    with pytest.raises(DataError, match="line 2: 4 columns, where the first line has 3"):
        open_dataset(csv("a,1,2\nb,1,2,3\n"))


def test_numbers_are_classes_in_the_order_of_their_size() -> None:
    text = "\n".join(f"{i % 11},{i},2,3" for i in range(44))
    assert open_dataset(csv(text)).classes == tuple(str(at) for at in range(11))


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (
            ["1,2:3,4:up", "1,2,3:4,5,6:up"],
            "line 8: the series has 3 time steps and 2 channels, that of line 7",
        ),
        (["1,2:3:up"], "line 7: the channels differ in length: 2, 1"),
        (["1,two:3,4:up"], "line 7: value 2 of the series is no number. Received: 'two'"),
        (["?,?:3,4:up"], "line 7: channel 1 has no value at all"),
        (["1,2,3"], "line 7: no class stands behind the series"),
        ([], "holds no series"),
    ],
)
def test_what_is_wrong_in_a_ts_file_is_said_with_its_line(rows: list[str], said: str) -> None:
    with pytest.raises(DataError, match=said):
        open_dataset(ts(rows))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1,2,3,4\n2,3,4\n", "line 2: 3 columns, where the first line has 4"),
        ("1,2,3\n0,x,3\n", "line 2: value 1 of the series is no number. Received: 'x'"),
        ("1,2,3\n2,3,b\n", "line 2: the last value .* 'b'. The class stands in the first column"),
        ("a|1|2\nb|2|3\n", "has a single column. Expected: .*commas, semicolons or tabs between"),
        ("", "holds no series"),
    ],
)
def test_what_is_wrong_in_a_csv_file_is_said_with_its_line(text: str, said: str) -> None:
    with pytest.raises(DataError, match=said):
        open_dataset(csv(text))


def test_time_stamps_and_targets_are_refused() -> None:
    for line in ("@timeStamps true", "@classLabel false", "@targetLabel true"):
        Path("made.ts").write_text(f"{line}\n@data\n1,2:0\n")
        with pytest.raises(DataError, match="line 1"):
            open_dataset("made.ts")


def test_a_dataset_that_is_not_here_says_where_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZOO_DATA", "nowhere")
    with pytest.raises(DataError, match=r"GunPoint_TRAIN\.ts.*timeseriesclassification\.com"):
        open_dataset("gunpoint")


@pytest.mark.parametrize(
    ("name", "counts"),
    [("gunpoint", (50, 150)), ("italy-power", (67, 1029)), ("basic-motions", (40, 40))],
)
def test_the_archives_series_are_what_their_modules_say(name: str, counts: tuple[int, int]) -> None:
    if "ZOO_DATA" not in os.environ:
        pytest.skip(f"ZOO_DATA is not set: {name} itself was not looked at")
    data, known = open_dataset(name), dataset_info(name)
    assert (len(data.train), len(data.test)) == counts
    assert (known.input_shape, known.classes) == (data.input_shape, data.classes)
