"""The latent space: where a model puts examples, drawn in two dimensions and coloured by class."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from zoo.data.arrays import Array
from zoo.io import pictures

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST = 1000  # examples drawn: t-SNE of them takes seconds
PERPLEXITY = 30.0
COLOURED = 20  # classes that have a colour of their own


def plot_latent_space(
    codes: Array, labels: Array | None = None, classes: Sequence[str] | None = None
) -> Figure:
    """Draw codes by PCA and by t-SNE (van der Maaten & Hinton 2008), the same ones every time.

    Codes of two numbers are drawn as they are, in place of PCA.

    Args:
        codes: of shape (n, ...); the first 1,000 are drawn.
        labels: of shape (n,), 0 ... k-1; not given, all are of one colour.
        classes: the name of each label.
    """
    flat = codes[:MOST].reshape(len(codes[:MOST]), -1)
    labels = None if labels is None else labels[: len(flat)]
    panels = {"": flat} if flat.shape[1] == 2 else project_pca(flat)
    panels |= embed_tsne(flat)
    drawn = pictures.figure(5.2 * len(panels) + 1.2, 5)
    for at, (title, points) in enumerate(panels.items()):
        axes = drawn.add_subplot(1, len(panels), at + 1)
        _scattered(axes, points, labels, classes)
        axes.set_title(title)
        if not title:
            axes.set(xlabel="code 1", ylabel="code 2")
    handles, names = drawn.axes[0].get_legend_handles_labels()
    if handles:
        drawn.legend(handles, names, loc="outside right center", markerscale=2.5)
    return drawn


def project_pca(flat: Array) -> dict[str, Array]:
    """Project codes of shape (n, k) on their two principal components, with the share that they keep."""
    from sklearn.decomposition import PCA

    total = flat.var(0).sum()
    components = min(2, *flat.shape)
    if total == 0:
        return {"PCA": np.zeros((len(flat), 2), np.float32)}
    points = PCA(components, random_state=0).fit_transform(flat)
    kept = points.var(0).sum() / total
    points = np.pad(points, ((0, 0), (0, 2 - components)))
    return {f"PCA, {kept:.0%} of the variance": points}


def embed_tsne(flat: Array) -> dict[str, Array]:
    """Lay codes of shape (n, k) out by t-SNE; nothing where there are fewer than five."""
    from sklearn.manifold import TSNE

    if len(flat) < 5 or flat.var() == 0:
        return {}
    perplexity = min(PERPLEXITY, (len(flat) - 1) / 3)
    start = "pca" if flat.shape[1] > 1 else "random"
    made = TSNE(perplexity=perplexity, init=start, random_state=0).fit_transform(flat)
    return {f"t-SNE, perplexity {perplexity:.3g}": made}


def _scattered(
    axes: Axes, points: Array, labels: Array | None, classes: Sequence[str] | None
) -> None:
    style: dict[str, Any] = {"s": 8 if len(points) > 300 else 20, "alpha": 0.8, "linewidths": 0}
    axes.tick_params(labelsize=7)
    if labels is None or classes is None:
        axes.scatter(points[:, 0], points[:, 1], color="tab:blue", **style)
    elif len(classes) > COLOURED:
        axes.scatter(points[:, 0], points[:, 1], c=labels, cmap="nipy_spectral", **style)
    else:
        for label, name in enumerate(classes):
            chosen = points[labels == label]
            colour = f"C{label}" if len(classes) <= 10 else _colour(label)
            shown = pictures.shorten(str(name), 20)
            axes.scatter(chosen[:, 0], chosen[:, 1], color=colour, label=shown, **style)


def _colour(label: int) -> Any:
    from matplotlib import colormaps

    return colormaps["tab20"](label)
