import numpy as np
import pytest

from zoo.io import pictures
from zoo.tasks import calibration


def sure(confidence: float, right: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Answers of one confidence, so many of them right."""
    probabilities = np.tile([confidence, 1 - confidence], (count, 1))
    return probabilities, np.array([0] * right + [1] * (count - right))


def test_who_is_right_as_often_as_he_says_has_no_error() -> None:
    assert calibration.expected_calibration_error(*sure(0.8, 80, 100)) == pytest.approx(0)


def test_the_error_is_the_gap_between_confidence_and_accuracy() -> None:
    assert calibration.expected_calibration_error(*sure(0.9, 60, 100)) == pytest.approx(0.3)


def test_each_bin_weighs_as_much_as_it_holds() -> None:
    low, high = sure(0.6, 30, 50), sure(0.95, 95, 150)
    both = [np.concatenate(pair) for pair in zip(low, high, strict=True)]
    expected = (50 * 0 + 150 * abs(0.95 - 95 / 150)) / 200
    assert calibration.expected_calibration_error(*both) == pytest.approx(expected)


def test_certainty_falls_into_the_last_bin() -> None:
    counts, said, found = calibration.bin_by_confidence(*sure(1.0, 3, 4))
    assert counts.tolist() == [0] * 14 + [4]
    assert (said[-1], found[-1]) == (1.0, 0.75)


def test_the_interval_is_wilsons() -> None:
    low, high = calibration.wilson_interval(np.array([8, 0, 5]), np.array([10, 1, 5]))
    np.testing.assert_allclose(low, [0.4902, 0, 0.5655], atol=1e-4)  # Newcombe 1998, method 3
    np.testing.assert_allclose(high, [0.9433, 0.7935, 1], atol=1e-4)


def test_the_reliability_has_counts_and_intervals() -> None:
    low, high = sure(0.6, 30, 50), sure(0.95, 1400, 1500)
    figure = calibration.plot_reliability(
        *(np.concatenate(pair) for pair in zip(low, high, strict=True))
    )
    above, below = figure.axes
    assert [text.get_text() for text in below.texts] == ["50", "1,500"]
    (bars,) = [each for each in above.containers if each.get_label() == "95 % interval"]
    ends = bars.lines[2][0].get_segments()
    assert [round(float(top - bottom), 2) for (_, bottom), (_, top) in ends] == [0.26, 0.03]


def test_the_reliability_is_a_picture() -> None:
    image = pictures.to_image(calibration.plot_reliability(*sure(0.7, 7, 10)))
    assert np.asarray(image).std() > 10
