"""The measures of a novelty detector on the whole test split, and the rivals beside it.

    auroc               how often a novel example has a higher score than a normal one
    average_precision   of the novel ones, where they are as many as the test split has
    f1_10 ... f1_50     F1 of the normal class where 10% ... 50% of the examples are novel, at the
                        threshold that was fixed on the normal class: 2 t / (2 t + f + m) with the
                        shares t of normal and f of novel examples that pass, m = 1 - t, and f
                        weighted by the number of novel examples for a normal one
    auroc_*             the same examples by the error of a plain autoencoder of the refiner's shape,
                        trained in the same steps without noise and without a discriminator; by the
                        error of PCA to as many numbers; by the distance to the nearest normal training
                        example; by a one-class SVM of at most 3,000 of them

The rivals see series standardised, as the networks do.
"""

from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np
from keras import layers
from sklearn.decomposition import PCA
from sklearn.metrics import average_precision_score, roc_auc_score
from sklearn.neighbors import NearestNeighbors
from sklearn.svm import OneClassSVM

import zoo
from zoo.tasks import normalization

from .normal_class import is_normal, normal_only
from .novelty_score import CHUNK, entered, predicted, scorer

SHARES = (10, 20, 30, 40, 50)  # percent of novel examples (Sabokrou et al. 2018)
SUPPORTED = 3000  # examples that an SVM is fitted to: its time grows with their square
NU = 0.1  # share of them that it may leave outside


def evaluate(model: Any, config: Any, data: zoo.Dataset) -> dict[str, float]:
    """Measure the scores of the whole test split, and the rivals beside them."""
    scores = predicted(scorer(model), data.test)[:, 0]
    threshold = float(model.statistics["threshold"])
    novel = novelty(config, data)
    if novel is None:
        return {"novel_share": float((scores > threshold).mean())}
    found = measures(scores, novel, threshold)
    if config.baselines:
        for name, theirs in rivals(model, config, data):
            found[f"auroc_{name}"] = float(roc_auc_score(novel, theirs))
    return found


def novelty(config: Any, data: zoo.Dataset) -> np.ndarray | None:
    """Tell which test examples are novel, where some are and some are not."""
    normal = is_normal(data.test, config, data)
    return None if normal is None or normal.all() or not normal.any() else ~normal


def measures(scores: np.ndarray, novel: np.ndarray, threshold: float) -> dict[str, float]:
    """Measure how scores tell novel examples from normal ones."""
    passed = scores <= threshold
    true, false = passed[~novel].mean(), passed[novel].mean()
    return {
        "auroc": float(roc_auc_score(novel, scores)),
        "average_precision": float(average_precision_score(novel, scores)),
        "normal_passed": float(true),
        "novel_found": float(1 - false),
        **{f"f1_{share}": f1(true, false, share / 100) for share in SHARES},
    }


def f1(true: float, false: float, share: float) -> float:
    """Give F1 of the normal class where a share of the examples is novel.

    Args:
        true: share of the normal examples that pass.
        false: share of the novel ones that pass.
        share: of novel examples among all.
    """
    wrong = false * share / (1 - share)
    return float(2 * true / (2 * true + wrong + 1 - true)) if true else 0.0


def rivals(model: Any, config: Any, data: zoo.Dataset) -> Iterator[tuple[str, np.ndarray]]:
    """Score the test split by what is simpler, each under its name."""
    yield "autoencoder", predicted(copying(model), data.test)[:, 0]
    change = standardised(data, config)
    normal = flat(change, normal_only(data, config).train)
    makers = {
        "pca": principal(normal, config.latent_dim),
        "nearest": nearest(normal),
        "svm": svm(normal),
    }
    chunks = [flat(change, data.test.take(part)) for part in pieces(len(data.test))]
    for name, score in makers.items():
        yield name, np.concatenate([score(each) for each in chunks])


def copying(model: Any) -> keras.Model:
    """Make the network from an example to the plain autoencoder's error."""
    inputs = keras.Input(model.config.input_shape)
    x = entered(inputs, model)
    error = layers.Flatten()(layers.Subtract()([x, model.plain(x)]))
    return keras.Model(inputs, layers.Dot(1)([error, error]))


def standardised(data: zoo.Dataset, config: Any) -> Callable[[np.ndarray], np.ndarray]:
    """Give the function that standardises series as the networks do, and leaves images alone."""
    if not config.standardises:
        return lambda x: x
    mean, spread = normalization.mean_and_std(normal_only(data, config).train)
    return lambda x: (x - mean) / spread


def flat(change: Callable[[np.ndarray], np.ndarray], split: zoo.Split) -> np.ndarray:
    """Give examples as rows of numbers."""
    return change(split.inputs).reshape(len(split), -1)


def pieces(count: int) -> Iterator[slice]:
    """Divide so many examples into slices."""
    return (slice(start, start + CHUNK) for start in range(0, count, CHUNK))


def principal(normal: np.ndarray, size: int) -> Callable[[np.ndarray], np.ndarray]:
    """Score by what is left over of an example beside so many principal components."""
    fitted = PCA(min(size, len(normal) - 1, normal.shape[1]), random_state=0).fit(normal)
    return lambda x: np.square(x - fitted.inverse_transform(fitted.transform(x))).sum(1)


def nearest(normal: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    """Score by the distance to the nearest normal example."""
    fitted = NearestNeighbors(n_neighbors=1, algorithm="brute").fit(normal)
    return lambda x: fitted.kneighbors(x)[0][:, 0]


def svm(normal: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    """Score by the distance from a one-class SVM's border, positive outside."""
    few = np.random.default_rng(0).permutation(len(normal))[:SUPPORTED]
    fitted = OneClassSVM(nu=NU, gamma="scale").fit(normal[few])
    return lambda x: -fitted.decision_function(x)
