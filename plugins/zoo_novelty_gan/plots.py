"""The pictures of a novelty detector: what R makes of examples, how scores lie, and ROC curves."""

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np
from sklearn.metrics import roc_auc_score, roc_curve

import zoo
from zoo.io import pictures
from zoo.tasks import reconstruction

from .metrics import novelty, rivals
from .novelty_score import predicted, scorer, seen
from .predict import refining

DRAWN = 2000  # test examples that histograms and curves are made of
SHOWN = 10  # examples of each kind
SIDE = 40  # pixels at least of a small image
GAP = 4  # white rows between an image and R(x)
BINS = 60
TAIL = 98  # percent of the scores that a histogram shows; the rest stands in its last bar
COLOURS = {"normal": "tab:blue", "novel": "tab:red", "test": "tab:blue"}


def preview(model: Any, config: Any, data: zoo.Dataset) -> dict[str, Any]:
    """Draw normal and novel test examples with R(x) under them, the scores' histograms and ROC curves."""
    data = fewer(data)
    scores = predicted(scorer(model), data.test)[:, 0]
    novel = novelty(config, data)
    kinds = {"test": np.ones(len(scores), bool)}
    if novel is not None:
        kinds = {"normal": ~novel, "novel": novel}
    drawn = {f"refined_{kind}": refined(model, data, scores, here) for kind, here in kinds.items()}
    threshold = float(model.statistics["threshold"])
    drawn["scores"] = histograms({kind: scores[here] for kind, here in kinds.items()}, threshold)
    if novel is not None:
        theirs = dict(rivals(model, config, data)) if config.baselines else {}
        drawn["roc"] = curves({"novelty-gan": scores} | theirs, novel)
    return drawn


def fewer(data: zoo.Dataset) -> zoo.Dataset:
    """Choose at most so many test examples, the same ones every time."""
    order = np.random.default_rng(0).permutation(len(data.test))
    return dataclasses.replace(data, test=data.test.take(order[:DRAWN]))


def refined(model: Any, data: zoo.Dataset, scores: np.ndarray, here: np.ndarray) -> Any:
    """Draw some test examples with R(x) under them, or over them where they are series."""
    at = np.flatnonzero(here)[:SHOWN]
    few = data.test.take(at)
    made = seen(refining(model), few.inputs)
    if made.ndim == 3:
        return reconstruction.plot_comparison({"given": few.inputs, "refined": made})
    above, below = (
        pictures.enlarge(reconstruction.as_pictures(each), SIDE) for each in (few.inputs, made)
    )
    tiles = np.concatenate([above, np.ones_like(above[:, :GAP]), below], 1)
    return pictures.captioned_grid(list(tiles), captions(data, at, scores), SHOWN)


def captions(data: zoo.Dataset, at: np.ndarray, scores: np.ndarray) -> list[str]:
    """Say the class and the score of some test examples."""
    said = [f"{score:.1f}" for score in scores[at]]
    if not data.classes:
        return said
    labels = data.test.targets[at].astype(int)
    return [f"{data.classes[label]}\n{score}" for label, score in zip(labels, said, strict=True)]


def histograms(kinds: Mapping[str, np.ndarray], threshold: float) -> Any:
    """Draw how the scores of each kind lie, as shares of the kind, and the threshold."""
    both = np.concatenate(list(kinds.values()))
    low, high = both.min(), max(np.percentile(both, TAIL), threshold)
    drawn = pictures.figure(6.5, 3.6)
    axes = drawn.add_subplot()
    for kind, scores in kinds.items():
        weights = np.full(len(scores), 1 / len(scores))
        axes.hist(
            np.clip(scores, low, high), BINS, range=(low, high), weights=weights,
            color=COLOURS[kind], alpha=0.55, label=kind,
        )  # fmt: skip
    axes.axvline(threshold, color="black", linestyle="--", linewidth=1, label="threshold")
    axes.set(xlabel="score (deviations of normal examples)", ylabel="share of the kind")
    axes.legend()
    return drawn


def curves(scores: Mapping[str, np.ndarray], novel: np.ndarray) -> Any:
    """Draw the share of novel examples found against that of normal ones refused, for each score."""
    drawn = pictures.figure(5.2, 5.2)
    axes = drawn.add_subplot()
    for at, (name, each) in enumerate(scores.items()):
        refused, found, _ = roc_curve(novel, each)
        label = f"{name} {roc_auc_score(novel, each):.3f}"
        axes.plot(refused, found, label=label, linewidth=2 if at == 0 else 1)
    axes.plot([0, 1], [0, 1], color="grey", linestyle=":", linewidth=1)
    axes.set(xlabel="normal examples refused", ylabel="novel examples found", aspect="equal")
    axes.legend(title="area under the curve", loc="lower right")
    axes.grid(alpha=0.3)
    return drawn
