"""Pictures of a sweep: the best value so far, the importance of each setting, parallel coordinates."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from zoo.io import pictures
from zoo.io.lock import check_links
from zoo.sweeps.journal import Journal
from zoo.sweeps.results import RUNNING, Sweep, TrialRow
from zoo.sweeps.space import Range

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["importances", "plot_best", "plot_importances", "plot_parallel", "save_pictures"]

COLOURS = "viridis"
LABEL_LETTERS = 18
FEWEST = 4  # finished trials that an importance is computed from


def save_pictures(sweep: Sweep) -> list[Path]:
    """Draw the pictures of a sweep into FOLDER/pictures; return their paths.

    Raises:
        UnsafeFile: FOLDER/pictures is a link to a folder elsewhere.
        WriteError: the disk refuses.
    """
    check_links(sweep.folder)
    rows = _with_values(sweep)
    if not rows:
        return []
    found: dict[str, Figure] = {"best": plot_best(sweep)}
    if len(rows) > 1:
        found["parallel"] = plot_parallel(sweep)
    if shares := importances(sweep):
        found["importance"] = plot_importances(sweep, shares)
    folder = sweep.folder / "pictures"
    return [pictures.save(drawing, folder / name) for name, drawing in found.items()]


def importances(sweep: Sweep) -> dict[str, float]:
    """Return the share of each setting in the variance of the metric, by fANOVA (Hutter et al. 2014).

    Only finished trials count. With fewer than 4 of them, or equal values, it is empty.
    """
    from optuna.importance import FanovaImportanceEvaluator, get_param_importances

    values = {row.value for row in sweep.rows if row.state == "finished"}
    finished = sum(row.state == "finished" for row in sweep.rows)
    if finished < FEWEST or len(values) < 2:
        return {}
    study = Journal(sweep.folder, sweep.search).study
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            shares = get_param_importances(study, evaluator=FanovaImportanceEvaluator(seed=0))
        except (ValueError, RuntimeError):  # a setting has one value in all of them
            return {}
    return {name: float(share) for name, share in shares.items()}


def plot_best(sweep: Sweep) -> Figure:
    """Plot the value of each trial, and the best value so far of those that are finished."""
    from matplotlib.ticker import MaxNLocator

    rows = _with_values(sweep)
    values = [row.value or 0.0 for row in rows]
    low, high = _usual_range(np.array(values, float))
    hidden = sum(not low <= value <= high for value in values)
    title = _title(sweep, f"values outside of the picture: {hidden}" if hidden else "")
    drawing = pictures.figure(*pictures.room_for_title(7, 4, title), title)
    axes = drawing.add_subplot()
    for state, marker, colour in (("finished", "o", "C0"), ("stopped", "x", "0.55")):
        chosen = [row for row in rows if row.state == state]
        if chosen:
            axes.scatter(
                [row.number for row in chosen],
                [row.value or 0.0 for row in chosen],
                marker=marker, color=colour, s=28, label=f"{state} ({len(chosen)})", zorder=2,
            )  # fmt: skip
    finished = [row for row in rows if row.state == "finished"]
    if finished:
        best_of = np.maximum if sweep.search.direction == "max" else np.minimum
        best = best_of.accumulate([row.value or 0.0 for row in finished])
        numbers = [row.number for row in finished] + [sweep.rows[-1].number]
        axes.step(
            numbers, [*best, best[-1]], where="post", color="C3", label="best so far", zorder=3
        )
    axes.set_xlabel("number of the trial")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_ylabel(sweep.search.metric, parse_math=False)
    axes.grid(alpha=0.3)
    drawing.legend(loc="outside lower center", ncols=3, frameon=False)
    if hidden:
        margin = 0.05 * (high - low)
        axes.set_ylim(low - margin, high + margin)
    return drawing


def _title(sweep: Sweep, note: str = "") -> str:
    """Return the title of a picture: the model, the number of trials, what is best, and a note."""
    search, best = sweep.search, sweep.best
    count = len(sweep.rows)
    title = f"{search.name}: {count} trial{'s' * (count != 1)}"
    if best is not None and best.value is not None:
        title += f", {search.metric} is best in trial {best.number}: {best.value:.4g}"
    return f"{title}\n{note}" if note else title


def plot_importances(sweep: Sweep, shares: dict[str, float]) -> Figure:
    """Plot the importance of each setting as a bar.

    Args:
        sweep: for the title.
        shares: of each setting, as `importances` returns them.
    """
    names = sorted(shares, key=lambda name: shares[name])
    title = f"{sweep.search.name}: what {sweep.search.metric} depends on"
    drawing = pictures.figure(*pictures.room_for_title(6, 1.2 + 0.4 * len(names), title), title)
    axes = drawing.add_subplot()
    bars = axes.barh(
        [pictures.shorten(name, 30) for name in names], [shares[name] for name in names]
    )
    axes.bar_label(bars, fmt="{:.2f}", padding=3)
    axes.set_xlim(0, 1.1 * max(1e-9, *shares.values()))
    axes.set_xlabel("share in the variance, 0 to 1 (fANOVA)")
    return drawing


def plot_parallel(sweep: Sweep) -> Figure:
    """Plot each trial as a line through its settings, darker for a better value; the best one is thick."""
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    rows, names = _with_values(sweep), list(sweep.search.space)
    columns = [*names, sweep.search.metric]
    values = np.array([row.value for row in rows], float)
    low, high = _usual_range(values)
    # the light end of the colours, which is hard to see on white, is for bad trials
    palette = f"{COLOURS}_r" if sweep.search.direction == "max" else COLOURS
    colours = ScalarMappable(Normalize(low, high), palette)
    title = _title(sweep, "red: the best trial; dotted: stopped early")
    drawing = pictures.figure(*pictures.room_for_title(2.2 * len(columns) + 1.5, 4.3, title), title)
    axes = drawing.add_subplot()
    axes.set_yticks([])
    axes.set_xticks(
        range(len(columns)),
        [pictures.shorten(name, LABEL_LETTERS) for name in columns],
        parse_math=False,
    )
    own = [_positions(sweep, name, rows) for name in names]
    last = (np.clip(values, low, high) - low) / max(high - low, 1e-12)
    own.append((last, _end_labels(values, low, high)))
    for at, (_, labels) in enumerate(own):
        _label_axis(axes, at, labels)
    table = np.stack([places for places, _ in own], 1)
    _draw_trials(axes, sweep, table, [colours.to_rgba(each) for each in values])
    axes.set_xlim(-0.1, len(columns) - 0.55)
    axes.set_ylim(-0.05, 1.05)
    drawing.colorbar(colours, ax=axes).set_label(sweep.search.metric, parse_math=False)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    return drawing


def _draw_trials(axes: Axes, sweep: Sweep, table: Any, colours: Sequence[Any]) -> None:
    """Draw the line of each trial; better ones lie over worse ones.

    Args:
        axes: where.
        sweep: has the trials.
        table: places from 0 to 1, shape (trials with a value, axes).
        colours: of each of these trials.
    """
    rows = _with_values(sweep)
    for at in sorted(range(len(rows)), key=lambda at: -sweep.rank(rows[at])):
        best = sweep.best is not None and rows[at].number == sweep.best.number
        axes.plot(
            table[at], color="C3" if best else colours[at],
            linewidth=2.5 if best else 1.2, alpha=1.0 if best else 0.8,
            linestyle="-" if rows[at].state == "finished" else ":",
        )  # fmt: skip


def _end_labels(values: Any, low: float, high: float) -> list[tuple[float, str]]:
    """Return the labels at both ends of the axis of the metric, where values outside are drawn, too."""
    if low == high:
        return [(0.0, f"{low:.4g}")]
    first = f"≤ {low:.4g}" if values.min() < low else f"{low:.4g}"
    last = f"≥ {high:.4g}" if values.max() > high else f"{high:.4g}"
    return [(0.0, first), (1.0, last)]


def _with_values(sweep: Sweep) -> list[TrialRow]:
    ended = [row for row in sweep.rows if row.state != RUNNING]
    return [row for row in ended if row.value is not None and np.isfinite(row.value)]


def _positions(
    sweep: Sweep, name: str, rows: Sequence[TrialRow]
) -> tuple[Any, list[tuple[float, str]]]:
    """Return the place of each trial on the axis of a setting, 0 to 1, and the labels of the axis."""
    parameter = sweep.search.space[name]
    if not isinstance(parameter, Range):
        texts = [str(value) for value in parameter.choices]
        places = np.linspace(0, 1, len(texts))
        chosen = [texts.index(str(row.settings[name])) for row in rows]
        return places[chosen], list(zip(map(float, places), texts, strict=True))
    scale = np.log if parameter.log else np.asarray
    low, high = (float(scale(end)) for end in (parameter.low, parameter.high))
    values = scale(np.array([row.settings[name] for row in rows], float))
    middle = np.exp((low + high) / 2) if parameter.log else (low + high) / 2
    labels = [(0.0, parameter.low), (0.5, middle), (1.0, parameter.high)]
    return (values - low) / (high - low), [(at, f"{value:.3g}") for at, value in labels]


def _label_axis(axes: Axes, at: int, labels: Sequence[tuple[float, str]]) -> None:
    axes.axvline(at, color="0.3", linewidth=0.8, zorder=0)
    for place, text in labels:
        axes.text(
            at + 0.04, place, pictures.shorten(text, LABEL_LETTERS), fontsize=8, va="center",
            parse_math=False, bbox={"facecolor": "white", "alpha": 0.75, "edgecolor": "none", "pad": 0.8},
        )  # fmt: skip


def _usual_range(values: Any) -> tuple[float, float]:
    """Return the range of values without far outliers: a trial that diverges would flatten the others."""
    low, middle, high = np.percentile(values, [0, 50, 100])
    reach = 5 * max(np.percentile(values, 75) - np.percentile(values, 25), 1e-12)
    if np.ptp(values) and reach > 1e-9:
        low, high = max(low, middle - reach), min(high, middle + reach)
    return float(low), float(high)
