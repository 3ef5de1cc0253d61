"""Pictures for plug-ins: a classifier's worst mistakes, the first layer's filters, the latent space."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from zoo.data.arrays import Array, as_float, example_kind
from zoo.io import pictures
from zoo.io.plots.sheets import plot_sheet

if TYPE_CHECKING:
    import keras
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from zoo.data.dataset import Dataset

__all__ = ["MOST_CODES", "first_kernel", "plot_filters", "plot_latent_space", "plot_mistakes"]

MOST_MISTAKES = 24
NAME_LENGTH = 15  # letters of a class's name over a picture
MOST_FILTERS = 64
FILTER_SIDE = 48  # pixels of one filter's side
MOST_CODES = 1000  # t-SNE of them takes seconds
PERPLEXITY = 30.0  # of t-SNE
MOST_COLOURS = 20  # classes up to which each has a colour and a line in the legend


def plot_mistakes(probabilities: Array, data: Dataset) -> dict[str, Figure]:
    """Draw the mistakes on the test split with the highest probabilities, the highest first.

    Args:
        probabilities: of each class for each test example, shape (n, classes).
        data: a data set of series, images or volumes.

    Returns:
        The figure `mistakes`; nothing if there is no mistake, or if examples cannot be drawn.
    """
    truth, names = data.test.targets, data.classes
    if truth is None or names is None or len(data.input_shape) > 4:
        return {}
    kind = example_kind(data.input_shape)
    if kind == "numbers" or (kind != "series" and data.input_shape[-1] not in (1, 3)):
        return {}
    predicted = probabilities.argmax(-1)
    wrong = np.flatnonzero(predicted != truth)
    if not len(wrong):
        return {}
    worst = wrong[np.argsort(-probabilities[wrong, predicted[wrong]])][:MOST_MISTAKES]
    captions = [
        f"{pictures.shorten(names[predicted[at]], NAME_LENGTH)}, {probabilities[at, predicted[at]]:.0%}\n"
        f"is {pictures.shorten(names[truth[at]], NAME_LENGTH)}"
        for at in worst
    ]
    inputs = as_float(data.test.stored[worst])
    title = (
        f"Mistakes: {len(wrong):,} of {len(truth):,} examples, the surest first\n"
        "over each the prediction with its probability, and what it is"
    )
    if kind == "series":
        return {"mistakes": pictures.plot_series(list(inputs), captions, title=title)}
    return {"mistakes": pictures.plot_images(_project_volumes(inputs), captions, title=title)}


def _project_volumes(inputs: Array) -> list[Any]:
    """Return images as they are, and volumes as their mean along the first axis, brightened."""
    if example_kind(inputs.shape[1:]) == "image":
        return list(inputs)
    means = inputs.mean(1)
    return list(means / np.maximum(means.max((1, 2, 3), keepdims=True), 1e-12))


def plot_filters(model: keras.Model) -> dict[str, Any]:
    """Draw the first layer's filters: as images, as curves, or as the middle slices of volumes.

    Grey is 0; each filter is scaled by its own largest weight.

    Returns:
        The picture `filters`; nothing if the first kernel has no spatial axes.
    """
    kernel = first_kernel(model)
    if kernel is None:
        return {}
    if kernel.ndim == 3:
        return {"filters": _filter_curves(kernel)}
    if kernel.ndim == 5:
        kernel = kernel[kernel.shape[0] // 2]
    if kernel.shape[2] not in (1, 3):
        kernel = kernel.mean(2, keepdims=True)
    return {"filters": _filter_tiles(np.moveaxis(kernel, -1, 0)[:MOST_FILTERS])}


def first_kernel(model: keras.Model) -> Array | None:
    """Return the first layer's kernel of shape (*spatial axes, channels, filters).

    The kernel of a Dense layer that reads whole images has one filter a unit, in the images' shape.
    None: the first kernel has no spatial axes, or only axes of size 1.
    """
    layer = next((layer for layer in model.layers if hasattr(layer, "kernel")), None)
    if layer is None:
        return None
    kernel = np.asarray(layer.get_weights()[0], np.float32)
    if kernel.ndim == 2:
        shape = tuple(model.input_shape[1:])
        fits = len(shape) == 3 and None not in shape and int(np.prod(shape)) == len(kernel)
        return kernel.reshape(*shape, kernel.shape[-1]) if fits else None
    return kernel if max(kernel.shape[:-2]) > 1 else None


def _filter_tiles(kernels: Array) -> Figure:
    """Draw kernels of shape (n, height, width, 1 or 3)."""
    most = np.abs(kernels).max((1, 2, 3), keepdims=True)
    tiles = 0.5 + kernels / np.maximum(2 * most, 1e-12)
    times = max(1, FILTER_SIDE // max(tiles.shape[1:3]))
    large = tiles.repeat(times, 1).repeat(times, 2)
    sheet = pictures.image_grid(large.astype(np.float32), gap=2)
    size = " x ".join(map(str, kernels.shape[1:3]))
    title = f"{len(kernels)} filters of the first layer, {size}:\nblack is against, white for, grey is 0"
    return plot_sheet(sheet, title)


def _filter_curves(kernel: Array) -> Figure:
    """Draw the filters of a kernel of shape (time, channels, filters), one panel a filter."""
    count = min(MOST_FILTERS, kernel.shape[-1])
    columns = int(np.ceil(np.sqrt(count)))
    rows = -(-count // columns)
    channels = kernel.shape[1]
    colours = f"; a colour for each of {channels} channels" if channels > 1 else ""
    title = f"{count} filters of the first layer over {len(kernel)} time steps{colours}; the grey line is 0"
    figure = pictures.figure(*pictures.room_for_title(1.1 * columns, 0.9 * rows, title), title)
    for at in range(count):
        axes = figure.add_subplot(rows, columns, at + 1)
        axes.plot(kernel[:, :, at], linewidth=1)
        axes.axhline(0, color="grey", linewidth=0.5)
        axes.set_xticks([])
        axes.set_yticks([])
    return figure


def plot_latent_space(
    codes: Array, labels: Array | None = None, classes: Sequence[str] | None = None
) -> Figure:
    """Draw codes in two dimensions by PCA and by t-SNE (van der Maaten & Hinton 2008).

    The same codes give the same picture. Codes of two numbers are drawn as they are, and nothing else.

    Args:
        codes: of shape (n, ...); the first 1,000 are drawn.
        labels: of shape (n,), in 0 ... k-1. None: all codes have one colour.
        classes: the name of each label.
    """
    flat = codes[:MOST_CODES].reshape(len(codes[:MOST_CODES]), -1)
    labels = None if labels is None else labels[: len(flat)]
    plane = flat.shape[1] == 2
    panels = {"": flat} if plane else _project_pca(flat) | _embed_tsne(flat)
    axis = {name: name.partition(",")[0] or "code" for name in panels}
    title = f"The codes of {len(flat):,} examples, {flat.shape[1]} numbers each"
    size = pictures.room_for_title(5.2 * len(panels) + 1.2, 5, title)
    figure = pictures.figure(*size, title)
    for at, (name, points) in enumerate(panels.items()):
        axes = figure.add_subplot(1, len(panels), at + 1)
        _scatter(axes, points, labels, classes)
        axes.set(title=name, xlabel=f"{axis[name]} 1", ylabel=f"{axis[name]} 2")
    handles, names = figure.axes[0].get_legend_handles_labels()
    if handles:
        figure.legend(handles, names, loc="outside right center", markerscale=2.5)
    return figure


def _project_pca(flat: Array) -> dict[str, Array]:
    """Return codes of shape (n, k) on their two principal components, by a title with their variance."""
    from sklearn.decomposition import PCA

    total = flat.var(0).sum()
    components = min(2, *flat.shape)
    if total == 0:
        return {"PCA": np.zeros((len(flat), 2), np.float32)}
    points = PCA(components, random_state=0).fit_transform(flat)
    share = points.var(0).sum() / total
    points = np.pad(points, ((0, 0), (0, 2 - components)))
    return {f"PCA, {share:.0%} of the variance": points}


def _embed_tsne(flat: Array) -> dict[str, Array]:
    """Return the t-SNE embedding of codes of shape (n, k), by its title; nothing below five codes."""
    from sklearn.manifold import TSNE

    if len(flat) < 5 or flat.var() == 0:
        return {}
    perplexity = min(PERPLEXITY, (len(flat) - 1) / 3)
    start = "pca" if flat.shape[1] > 1 else "random"
    points = TSNE(perplexity=perplexity, init=start, random_state=0).fit_transform(flat)
    return {f"t-SNE, perplexity {perplexity:.3g}": points}


def _scatter(
    axes: Axes, points: Array, labels: Array | None, classes: Sequence[str] | None
) -> None:
    style: dict[str, Any] = {"s": 8 if len(points) > 300 else 20, "alpha": 0.8, "linewidths": 0}
    axes.tick_params(labelsize=7)
    if labels is None or classes is None:
        axes.scatter(points[:, 0], points[:, 1], color="tab:blue", **style)
    elif len(classes) > MOST_COLOURS:
        axes.scatter(points[:, 0], points[:, 1], c=labels, cmap="nipy_spectral", **style)
    else:
        for label, name in enumerate(classes):
            own = points[labels == label]
            text = pictures.shorten(str(name), 20)
            colour = _class_colour(label, len(classes))
            axes.scatter(own[:, 0], own[:, 1], color=colour, label=text, **style)


def _class_colour(label: int, classes: int) -> Any:
    from matplotlib import colormaps

    return f"C{label}" if classes <= 10 else colormaps["tab20"](label)
