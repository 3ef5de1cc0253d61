"""Squares of photographs, large enough to be blurred and deblurred."""

import os

import pytest

from zoo.data.load import dataset_info, open_dataset


def test_squares_of_two_photographs_overlap_in_training_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("ZOO_DATA", raising=False)
    data = open_dataset("photo-crops")
    assert data.input_shape == dataset_info("photo-crops").input_shape == (160, 160, 3)
    assert (len(data.train), len(data.test)) == (2 * 14 * 17, 2 * 2 * 1)
    first, second = data.train.stored[:2]
    assert (first[:, 20:] == second[:, :-20]).all()


def test_the_real_photographs() -> None:
    if "ZOO_DATA" not in os.environ:
        pytest.skip("ZOO_DATA is not set: the photographs of BSDS500 were not looked at")
    data = open_dataset("photo-crops")
    assert (len(data.train), len(data.test)) == (1200, 600)
