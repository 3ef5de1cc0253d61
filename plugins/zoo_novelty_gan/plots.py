"""The pictures of a novelty detector: examples above R(x), histograms of scores, and ROC curves."""

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np
from sklearn.metrics import roc_auc_score, roc_curve

import zoo
from zoo.data.arrays import Array, example_kind
from zoo.io import pictures
from zoo.tasks import reconstruction

from .config import Config
from .metrics import baseline_scores, novel_mask
from .model import NoveltyGAN
from .novelty_score import predict_array, predict_split, scorer
from .predict import refiner_in_units

MOST_EXAMPLES = 2000  # test examples in the histograms and the curves
COLUMNS = 10  # examples of each kind
SIDE = 40  # least side of a small image, in pixels
GAP = 4  # white rows between an image and R(x)
BINS = 60
TAIL = 98  # percent of the scores that a histogram shows; the others are in its last bar
COLOURS = {"normal": "tab:blue", "novel": "tab:red", "test": "tab:blue"}


def preview(model: NoveltyGAN, config: Config, data: zoo.Dataset) -> dict[str, Any]:
    """Return pictures of normal and novel test examples with R(x), histograms of scores and ROC curves."""
    data = sample_test_split(data)
    scores = predict_split(scorer(model), data.test)[:, 0]
    novel = novel_mask(config, data)
    kinds = {"test": np.ones(len(scores), bool)}
    if novel is not None:
        kinds = {"normal": ~novel, "novel": novel}
    plots = {
        f"refined_{kind}": plot_refined(model, data, scores, mask) for kind, mask in kinds.items()
    }
    threshold = float(model.statistics["threshold"])
    plots["scores"] = plot_histograms(
        {kind: scores[mask] for kind, mask in kinds.items()}, threshold
    )
    if novel is not None:
        baselines = dict(baseline_scores(model, config, data)) if config.baselines else {}
        plots["roc"] = plot_roc_curves({"novelty-gan": scores} | baselines, novel)
    return plots


def sample_test_split(data: zoo.Dataset) -> zoo.Dataset:
    """Return the data with at most so many test examples, the same ones every time."""
    order = np.random.default_rng(0).permutation(len(data.test))
    return dataclasses.replace(data, test=data.test.take(order[:MOST_EXAMPLES]))


def plot_refined(model: NoveltyGAN, data: zoo.Dataset, scores: Array, mask: Array) -> Any:
    """Draw some test examples above R(x); series are drawn over each other.

    Args:
        model: the detector.
        data: its test split is read.
        scores: of the test examples, shape (n,).
        mask: the test examples to choose from, shape (n,).
    """
    positions = np.flatnonzero(mask)[:COLUMNS]
    few = data.test.take(positions)
    refined = predict_array(refiner_in_units(model), few.inputs)
    if example_kind(refined.shape[1:]) == "series":
        rows = {"given": few.inputs, "refined": refined}
        return reconstruction.plot_comparison(rows, "Examples, and what the refiner makes of them")
    above, below = (
        pictures.enlarge(reconstruction.as_pictures(each), SIDE) for each in (few.inputs, refined)
    )
    tiles = np.concatenate([above, np.ones_like(above[:, :GAP]), below], 1)
    title = "Examples above what the refiner makes of them, with class and score"
    captions = example_captions(data, positions, scores)
    return pictures.plot_images(list(tiles), captions, COLUMNS, title)


def example_captions(data: zoo.Dataset, positions: Array, scores: Array) -> list[str]:
    """Return the class and the score of some test examples.

    Args:
        data: its test split is read.
        positions: of the examples in the test split.
        scores: of all test examples, shape (n,).
    """
    numbers = [f"{score:.1f}" for score in scores[positions]]
    if not data.classes or data.test.targets is None:
        return numbers
    names = [data.classes[label] for label in data.test.targets[positions].astype(int)]
    return [f"{name}\n{number}" for name, number in zip(names, numbers, strict=True)]


def plot_histograms(kinds: Mapping[str, Array], threshold: float) -> Any:
    """Draw the scores of each kind, as shares of the kind, and the threshold."""
    scores = np.concatenate(list(kinds.values()))
    low, high = scores.min(), max(np.percentile(scores, TAIL), threshold)
    figure = pictures.figure(6.5, 3.9, f"Scores of {len(scores):,} test examples")
    axes = figure.add_subplot()
    for kind, values in kinds.items():
        weights = np.full(len(values), 1 / len(values))
        axes.hist(
            np.clip(values, low, high), BINS, range=(low, high), weights=weights,
            color=COLOURS[kind], alpha=0.55, label=f"{kind}, {len(values):,}",
        )  # fmt: skip
    axes.axvline(threshold, color="black", linestyle="--", linewidth=1, label="threshold")
    unit = "score (standard deviations of normal examples); the last bar holds the larger ones"
    axes.set(xlabel=unit, ylabel="share of the kind")
    axes.legend()
    return figure


def plot_roc_curves(scores: Mapping[str, Array], novel: Array) -> Any:
    """Draw the ROC curve of each score.

    Args:
        scores: by name, of the test examples, shape (n,).
        novel: which examples are novel, shape (n,).
    """
    figure = pictures.figure(5.2, 5.5, f"Detection of {int(novel.sum()):,} novel examples")
    axes = figure.add_subplot()
    for number, (name, values) in enumerate(scores.items()):
        false_positive_rate, true_positive_rate, _ = roc_curve(novel, values)
        label = f"{name} {roc_auc_score(novel, values):.3f}"
        width = 2 if number == 0 else 1
        axes.plot(false_positive_rate, true_positive_rate, label=label, linewidth=width)
    axes.plot([0, 1], [0, 1], color="grey", linestyle=":", linewidth=1)
    axes.set(
        xlabel="false positive rate: normal examples above the threshold",
        ylabel="true positive rate: novel examples above the threshold",
        aspect="equal",
    )
    axes.legend(title="area under the curve", loc="lower right")
    axes.grid(alpha=0.3)
    return figure
