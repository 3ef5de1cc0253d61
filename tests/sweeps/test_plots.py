"""The pictures of a sweep, of trials that nobody trained."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from zoo.sweeps.plots import plot_best, plot_importances, plot_parallel
from zoo.sweeps.results import Sweep, TrialRow
from zoo.sweeps.search import Search
from zoo.sweeps.space import parse_space

VALUES = [0.5, 0.4, 0.3, 900.0, 0.35, 0.2, 0.45]  # one diverged


@pytest.fixture
def found() -> Sweep:
    space = parse_space({"learning_rate": "log(1e-4, 1e-2)", "units": [[4], [8], [16]]})
    rows = [
        TrialRow(
            at, Path(f"trial-{at}"), "stopped" if value == 0.45 else "finished", value, 3, 1.0,
            {"learning_rate": 10 ** (-4 + at / 4), "units": [4 * 2 ** (at % 3)]},
        )
        for at, value in enumerate(VALUES)
    ]  # fmt: skip
    return Sweep(Path("sweep"), Search("mlp.digits", space, 7, "val_loss", "min"), tuple(rows))


def test_the_title_names_the_model_the_best_trial_and_what_is_not_seen(found: Sweep) -> None:
    drawing = plot_best(found)
    assert drawing.get_suptitle() == (
        "mlp.digits: 7 trials, val_loss is best in trial 5: 0.2\nvalues outside of the picture: 1"
    )
    (axes,) = drawing.axes
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("number of the trial", "val_loss")
    assert all(float(tick).is_integer() for tick in axes.get_xticks())


def test_better_trials_are_darker_and_the_best_one_is_on_top(found: Sweep) -> None:
    axes = plot_parallel(found).axes[0]
    lines = [line for line in axes.lines if len(line.get_xdata()) == 3]
    assert [line.get_linestyle() for line in lines].count(":") == 1
    assert lines[-1].get_color() == "C3"
    lightness = [float(np.mean(to_rgb(line.get_color()))) for line in lines[:-1]]
    assert lightness == sorted(lightness, reverse=True)
    texts = {text.get_text() for text in axes.texts}
    assert {"0.0001", "0.01", "[16]", "0.2"} <= texts
    assert any(text.startswith("≥ ") for text in texts)  # the one that diverged is there


def test_importances_are_shares(found: Sweep) -> None:
    shares: dict[str, Any] = {"learning_rate": 0.7, "units": 0.3}
    drawing = plot_importances(found, shares)
    assert drawing.get_suptitle() == "mlp.digits: what val_loss depends on"
    (axes,) = drawing.axes
    assert [bar.get_width() for bar in axes.patches] == [0.3, 0.7]
