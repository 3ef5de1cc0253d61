"""The metrics of a novelty detector on the whole test split, and the baselines beside it.

    auroc               area under the ROC curve: the share of pairs in which the novel example has a
                        higher score than the normal one
    average_precision   of the novel examples, in the proportion that the test split has
    normal_passed       share of normal examples below the threshold
    novel_found         share of novel examples above the threshold
    f1_10 ... f1_50     F1 of the normal class if 10% ... 50% of the examples are novel, at the
                        threshold that was set with normal examples: 2 t / (2 t + f + m) with the
                        shares t of normal and f of novel examples that pass, m = 1 - t, and f
                        weighted by the number of novel examples for each normal one
    auroc_*             of the baselines: the error of a plain autoencoder of the refiner's shape,
                        trained in the same steps without noise and without a discriminator; the
                        error of PCA with as many components; the distance to the nearest normal
                        training example; a one-class SVM of at most 3,000 of them

The baselines get series standardised, as the networks do.
"""

from collections.abc import Callable, Iterator

import keras
import numpy as np
from keras import layers
from sklearn.decomposition import PCA
from sklearn.metrics import average_precision_score, roc_auc_score
from sklearn.neighbors import NearestNeighbors
from sklearn.svm import OneClassSVM

import zoo
from zoo.data.arrays import Array
from zoo.tasks import normalization

from .config import Config
from .model import NoveltyGAN
from .normal_class import normal_mask, select_normal
from .novelty_score import CHUNK, predict_split, scorer

PERCENTAGES = (10, 20, 30, 40, 50)  # of novel examples (Sabokrou et al. 2018)
SVM_EXAMPLES = 3000  # that an SVM is fitted to: its time grows with their square
NU = 0.1  # largest share of them outside of the SVM's border

Scorer = Callable[[Array], Array]
"""From examples (n, k) to scores (n,)."""


def evaluate(
    model: NoveltyGAN, config: Config, data: zoo.Dataset, batch_size: int | None
) -> dict[str, float]:
    """Return the metrics of the detector and of the baselines.

    Args:
        model: the trained detector.
        config: its settings.
        data: its test split is measured.
        batch_size: examples that are computed at a time; None is 500.
    """
    size = batch_size or CHUNK
    scores = predict_split(scorer(model), data.test, size)[:, 0]
    threshold = float(model.statistics["threshold"])
    novel = novel_mask(config, data)
    if novel is None:
        return {"novel_share": float((scores > threshold).mean())}
    results = score_metrics(scores, novel, threshold)
    if config.baselines:
        for name, values in baseline_scores(model, config, data, size):
            results[f"auroc_{name}"] = float(roc_auc_score(novel, values))
    return results


def novel_mask(config: Config, data: zoo.Dataset) -> Array | None:
    """Return which test examples are novel, shape (n,); None unless some are novel and some are normal."""
    normal = normal_mask(data.test, config, data)
    return None if normal is None or normal.all() or not normal.any() else ~normal


def score_metrics(scores: Array, novel: Array, threshold: float) -> dict[str, float]:
    """Return how well scores tell novel examples from normal ones.

    Args:
        scores: shape (n,).
        novel: which examples are novel, shape (n,).
        threshold: the scores up to it pass as normal.
    """
    passes = scores <= threshold
    normal_share, novel_share = passes[~novel].mean(), passes[novel].mean()
    found = int(novel.sum())
    return {
        "auroc": float(roc_auc_score(novel, scores)),
        "average_precision": float(average_precision_score(novel, scores)),
        "normal_passed": zoo.Measure(normal_share, len(novel) - found),
        "novel_found": zoo.Measure(1 - novel_share, found),
        **{f"f1_{p}": normal_f1(normal_share, novel_share, p / 100) for p in PERCENTAGES},
    }


def normal_f1(normal_share: float, novel_share: float, proportion: float) -> float:
    """Return F1 of the normal class for a proportion of novel examples.

    Args:
        normal_share: share of the normal examples that pass.
        novel_share: share of the novel examples that pass.
        proportion: of novel examples among all, in [0, 1).
    """
    false = novel_share * proportion / (1 - proportion)
    if not normal_share:
        return 0.0
    return float(2 * normal_share / (2 * normal_share + false + 1 - normal_share))


def baseline_scores(
    model: NoveltyGAN, config: Config, data: zoo.Dataset, size: int = CHUNK
) -> Iterator[tuple[str, Array]]:
    """Yield the name of each baseline and its scores of the test split.

    Args:
        model: the detector.
        config: its settings.
        data: the dataset.
        size: examples that are computed at a time.
    """
    yield "autoencoder", predict_split(autoencoder_scorer(model), data.test, size)[:, 0]
    change = standardisation(data, config)
    normal = flatten_split(change, select_normal(data, config).train)
    scorers = {
        "pca": pca_scorer(normal, config.latent_dim),
        "nearest": nearest_scorer(normal),
        "svm": svm_scorer(normal),
    }
    starts = range(0, len(data.test), size)
    chunks = [flatten_split(change, data.test.take(slice(start, start + size))) for start in starts]
    for name, score in scorers.items():
        yield name, np.concatenate([score(chunk) for chunk in chunks])


def autoencoder_scorer(model: NoveltyGAN) -> keras.Model:
    """Return the network from an example to the plain autoencoder's squared error."""
    inputs = keras.Input(model.config.input_shape)
    x = model.standardise(inputs)
    error = layers.Flatten()(layers.Subtract()([x, model.autoencoder(x)]))
    return keras.Model(inputs, layers.Dot(1)([error, error]))


def standardisation(data: zoo.Dataset, config: Config) -> Scorer:
    """Return the function that standardises series as the networks do; it leaves images as they are."""
    if not config.standardises:
        return lambda x: x
    mean, deviation = normalization.mean_and_std(select_normal(data, config).train)
    return lambda x: (x - mean) / deviation


def flatten_split(change: Callable[[Array], Array], split: zoo.Split) -> Array:
    """Return the examples of a split, changed by a function, as rows."""
    return change(split.inputs).reshape(len(split), -1)


def pca_scorer(normal: Array, size: int) -> Scorer:
    """Return the score by the squared error of a reconstruction from principal components."""
    components = min(size, len(normal) - 1, normal.shape[1])
    pca = PCA(components, random_state=0).fit(normal)
    return lambda x: np.square(x - pca.inverse_transform(pca.transform(x))).sum(1)


def nearest_scorer(normal: Array) -> Scorer:
    """Return the score by the distance to the nearest normal example."""
    neighbours = NearestNeighbors(n_neighbors=1, algorithm="brute").fit(normal)
    return lambda x: neighbours.kneighbors(x)[0][:, 0]


def svm_scorer(normal: Array) -> Scorer:
    """Return the score by the distance from the border of a one-class SVM, positive outside."""
    few = np.random.default_rng(0).permutation(len(normal))[:SVM_EXAMPLES]
    svm = OneClassSVM(nu=NU, gamma="scale").fit(normal[few])
    return lambda x: -svm.decision_function(x)
