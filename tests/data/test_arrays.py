from typing import Any

import numpy as np
import pytest

import zoo
from zoo.data.arrays import (
    as_array,
    as_float,
    check_numbers,
    check_range,
    describe_misfit,
    describe_shape,
    example_kind,
    format_dtype,
    format_shape,
    is_picture,
    shape_fits,
)


@pytest.mark.parametrize(
    ("shape", "kind"),
    [
        ((4,), "numbers"),
        ((150, 1), "series"),
        ((28, 28, 1), "image"),
        ((None, None, 6), "image"),
        ((8, 8, 8, 1), "volume"),
    ],
)
def test_the_number_of_axes_decides_what_an_example_is(shape: Any, kind: str) -> None:
    assert example_kind(shape) == kind


@pytest.mark.parametrize("shape", [(), (1, 2, 3, 4, 5)])
def test_other_shapes_are_no_examples(shape: Any) -> None:
    with pytest.raises(zoo.DataError, match=r"An example is numbers .* or a volume .* Received"):
        example_kind(shape)


def test_pictures_have_one_three_or_four_channels() -> None:
    shapes = [(8, 8, channels) for channels in (1, 2, 3, 4, 6)] + [(8, 3)]
    assert [is_picture(shape) for shape in shapes] == [True, False, True, True, False, False]


def test_shapes_in_words() -> None:
    assert describe_shape((150, 1)) == "150 time steps and 1 channel"
    assert describe_shape((1, 2)) == "1 time step and 2 channels"
    assert describe_shape((None, 2)) == "any number of time steps and 2 channels"
    assert describe_shape((28, 28, 1)) == "(28, 28, 1)"
    assert (format_shape((None, 3)), format_shape((4,))) == ("(any, 3)", "(4,)")


def test_a_misfit_in_words() -> None:
    assert describe_misfit((120, 1), (150, 1)) == "has 120 time steps; the model takes 150"
    assert describe_misfit((1, 1), (150, None)) == "has 1 time step; the model takes 150"
    assert describe_misfit((120, 2), (150, 1)) == (
        "has 120 time steps and 2 channels; the model takes 150 time steps and 1 channel"
    )
    assert describe_misfit((4,), (None, 1)) == "has the shape (4,); the model takes (any, 1)"


def test_a_shape_fits_where_its_sizes_are_set() -> None:
    assert shape_fits((8, 9, 3), (None, 9, 3))
    assert not shape_fits((8, 9, 3), (8, 8, 3))
    assert not shape_fits((8, 9), (8, 9, 1))


def test_uint8_is_divided_by_255_and_bytes_are_in_this_machines_order() -> None:
    assert as_float(np.array([0, 255], np.uint8)).tolist() == [0, 1]
    assert as_float(np.array([0, 255], np.int64)).dtype == np.float32
    assert as_array(np.array([1.5], ">f8")).dtype == np.dtype("=f8")


def test_bad_numbers_and_ranges_are_refused() -> None:
    with pytest.raises(zoo.DataError, match=r"Mine must hold numbers\. Received: <U1"):
        check_numbers("Mine", np.array(["a"]))
    with pytest.raises(zoo.DataError, match="not a finite number, in example 1"):
        check_numbers("Mine", np.array([[1.0], [np.nan]]))
    with pytest.raises(zoo.DataError, match=r"from 0 to 200\. .* Divide them by 255"):
        check_range("Mine", np.array([0.0, 200]))
    with pytest.raises(zoo.DataError, match="uint8 numbers that are 0 or 1"):
        check_range("Mine", np.array([0, 1], np.uint8))


def test_a_dtype_of_many_fields_is_named_shortly() -> None:
    assert format_dtype(np.dtype("float32")) == "float32"
    assert format_dtype(np.dtype([("a", "f4")])) == "records of 1 field"
    array = np.zeros(2, [(f"a{number}", "f4") for number in range(500)])
    with pytest.raises(zoo.DataError, match=r"Received: records of 500 fields\.$"):
        check_numbers("x", array)
