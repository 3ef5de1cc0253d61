"""Explaining what a classifier says of the user's own files: pictures of where it looked.

For each file one picture: the input, and beside it the same with what each method of zoo.interpret.attribution finds.
Red speaks for the class, blue against it; where a method knows no sign, red is how much it matters.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from zoo.data.arrays import Array
from zoo.data.inputs import item_name, read_input
from zoo.errors import DataError, UnknownName
from zoo.interpret import classifier
from zoo.interpret.attribution import METHODS, Explainer
from zoo.io import pictures
from zoo.runs.predict import expand_folders, output_names

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SIGNED = ("integrated",)  # methods whose sign is drawn
BRIGHTEST = (
    99.0  # percentile that gets the full colour, so that one odd pixel does not hide the rest
)
ROWS = 6  # channels of a series that are drawn
FOR, AGAINST = (0.84, 0.10, 0.16), (0.13, 0.36, 0.80)


@dataclass(frozen=True, eq=False)
class Explanation:
    """What a classifier says of one input, and where each method says it looked for one class."""

    item: str
    input: Array
    said: str
    probability: float
    explained: str
    its_probability: float
    maps: dict[str, Array]


def explain(
    network: str,
    items: Sequence[Any],
    *,
    methods: Sequence[str] = (),
    of_class: str | None = None,
    **settings: Any,
) -> list[Explanation]:
    """Explain what a classifier says of the user's files or arrays.

    Args:
        network: a run that has a classifier, a .keras file, or a name of keras.applications.
        items: image files, .npy files or arrays, as `zoo.apply` takes them.
        methods: names of `attribution.METHODS`; all that the network allows if none is given.
        of_class: the class to explain; the winning one if not given.
        settings: of `attribution.Explainer`.

    Raises:
        SettingError: there is no such network, or it is no classifier.
        UnknownName: there is no such class or method.
        DataError: an item cannot be read, or does not fit the network.

    Example:
        >>> (found,) = explaining.explain("cnn.mnist", ["seven.png"], methods=["integrated"])
        >>> found.said, found.maps["integrated"].sum()
    """
    by = Explainer(classifier.open_classifier(network), **settings)
    chosen = check_methods(by, methods, of_class)
    return [explain_item(by, item, chosen, of_class) for item in items]


def check_methods(by: Explainer, methods: Sequence[str], of_class: str | None) -> tuple[str, ...]:
    """Refuse an unknown class or method before anything long begins; give the methods.

    Raises:
        UnknownName: there is no such class or method.
    """
    if of_class is not None:
        by.classifier.position(of_class)
    for method in methods:
        if method not in METHODS:
            raise UnknownName("method", method, METHODS)
    return tuple(methods) or by.methods


def explain_item(
    by: Explainer, item: Any, methods: Sequence[str], of_class: str | None = None
) -> Explanation:
    """Explain what a classifier says of one file or array."""
    known = by.classifier
    x = read_input(item, known.shape)
    probabilities = known.probabilities(known.logits(x[None]))[0]
    said = int(probabilities.argmax())
    at = said if of_class is None else known.position(of_class)
    maps = {method: by.explain(x, at, method) for method in methods}
    return Explanation(
        item_name(item),
        x,
        known.classes[said],
        float(probabilities[said]),
        known.classes[at],
        float(probabilities[at]),
        maps,
    )


def explain_files(
    by: Explainer,
    items: Sequence[str],
    out: Path,
    methods: Sequence[str] = (),
    of_class: str | None = None,
    tracked: Callable[[Sequence[Any]], Iterable[Any]] = iter,
) -> tuple[list[dict[str, Any]], list[str]]:
    """Explain files and folders, one after the other, a picture each; a broken file stops nothing.

    Returns:
        The results, and one sentence for each item that could not be read.
    """
    chosen = check_methods(by, methods, of_class)
    files = expand_folders(items)
    results, faults = [], []
    for file, name in zip(tracked(files), output_names(files), strict=True):
        try:
            found = explain_item(by, file, chosen, of_class)
        except DataError as error:
            faults.append(str(error))
            continue
        picture = pictures.save(plot_explanation(found), out / f"{name}-explained")
        results.append(_row(found, picture))
    return results, faults


def _row(found: Explanation, picture: Path) -> dict[str, Any]:
    row: dict[str, Any] = {
        "item": found.item,
        "class": found.said,
        "probability": found.probability,
    }
    if found.explained != found.said:
        row |= {"explained": found.explained, "its probability": found.its_probability}
    return row | {"picture": picture}


def plot_explanation(found: Explanation) -> Figure:
    """Draw an input, and beside it where each method says that the classifier looked."""
    draw, rows, shape = _KINDS[found.input.ndim], 1, (2.6, 2.6)
    if found.input.ndim <= 2:
        rows = min(found.input.shape[-1], ROWS) if found.input.ndim == 2 else 1
        shape = (3.4, 1.0 + 1.3 * rows)
    panels: list[tuple[str, Array | None]] = [("input", None), *found.maps.items()]
    figure = pictures.figure(shape[0] * len(panels), shape[1] + 0.5)
    grid = figure.subplots(rows, len(panels), squeeze=False)
    for at, (name, values) in enumerate(panels):
        grid[0, at].set_title(name, fontsize=9)
        draw(grid[:, at], found.input, None if values is None else scale_attribution(values, name))
    figure.suptitle(_title(found), fontsize=10, parse_math=False)
    return figure


def _title(found: Explanation) -> str:
    name = pictures.shorten(Path(found.item).name, 40)
    said = f"{name}: {found.said}, {found.probability:.1%}"
    if found.explained == found.said:
        return said
    return f"{said}. Shown: {found.explained}, {found.its_probability:.1%}"


def scale_attribution(values: Array, method: str) -> Array:
    """Bring what a method found into [-1, 1], or into [0, 1] where it knows no sign."""
    if method not in SIGNED:
        values = np.abs(values)
    most = np.percentile(np.abs(values), BRIGHTEST) or np.abs(values).max() or 1.0
    return np.clip(values / most, -1, 1)


def _image(axes: Sequence[Axes], image: Array, heat: Array | None) -> None:
    """Draw an image; with heat, dimmed and grey, and coloured."""
    (only,) = axes
    if heat is not None:
        image = _coloured(image.mean(-1), _over_channels(heat, 2))
    pictures.show_image(only, image if image.shape[-1] in (1, 3) else image.mean(-1, keepdims=True))


def _volume(axes: Sequence[Axes], volume: Array, heat: Array | None) -> None:
    """Draw a volume as its mean along the first axis, brightened, and its heat likewise."""
    flat = volume.mean(0)
    flat = flat / max(flat.max(), 1e-12)
    if heat is not None:
        heat = _over_channels(heat, 3).mean(0)
        heat = heat / max(np.abs(heat).max(), 1e-12)
    _image(axes, flat, heat)


def _series(axes: Sequence[Axes], series: Array, heat: Array | None) -> None:
    """Draw each channel of a series as a trace, and over it a line as strong as the heat."""
    for at, each in enumerate(axes):
        values, time = series[:, at], np.arange(len(series))
        each.plot(time, values, color="0.75" if heat is not None else "0.2", linewidth=1)
        if heat is not None:
            _paint(each, time, values, heat if heat.ndim == 1 else heat[:, at])
        each.tick_params(labelsize=6)


def _row_of_numbers(axes: Sequence[Axes], numbers: Array, heat: Array | None) -> None:
    """Draw numbers as bars; with heat, the heat."""
    (only,) = axes
    heights = numbers if heat is None else heat
    colours = [_sign(value) if heat is not None else (0.4, 0.4, 0.4) for value in heights]
    only.bar(np.arange(len(heights)), heights, color=colours)
    only.tick_params(labelsize=6)


_KINDS: dict[int, Any] = {1: _row_of_numbers, 2: _series, 3: _image, 4: _volume}


def _over_channels(heat: Array, places: int) -> Array:
    """Make one number a place: the sum where there are signs, else the most of the channels."""
    if heat.ndim == places:
        return heat
    summed: Array = heat.sum(-1) if heat.min() < 0 else heat.max(-1)
    return np.clip(summed, -1, 1)


def _coloured(grey: Array, heat: Array) -> Array:
    """Lay colour over a pale grey image, as strong as the heat."""
    pale = np.repeat((0.35 + 0.65 * grey)[..., None], 3, -1)
    colour = np.where((heat > 0)[..., None], FOR, AGAINST)
    strength = np.abs(heat)[..., None]
    mixed: Array = np.clip((1 - strength) * pale + strength * colour, 0, 1)
    return mixed


def _paint(axes: Axes, time: Array, values: Array, heat: Array) -> None:
    from matplotlib.collections import LineCollection

    points = np.stack([time, values], 1)
    pieces = np.stack([points[:-1], points[1:]], 1)
    strengths = (heat[:-1] + heat[1:]) / 2
    colours = [(*_sign(value), min(1.0, abs(float(value)))) for value in strengths]
    axes.add_collection(LineCollection(list(pieces), colors=colours, linewidths=3))


def _sign(value: float) -> tuple[float, float, float]:
    return FOR if value > 0 else AGAINST
