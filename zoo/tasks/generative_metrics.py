"""Generation: how far made examples are from real ones, in some space of features.

Public: plain functions of arrays of features, shape (n, d). A Frechet distance is lower for fewer
examples of the same distribution than for more, and lies between the moments of two samples also
where both are real: compare it with that of training against test examples, of as many each.

The features are those of a classifier of the zoo (its last layer but one), or the first 64 principal
components of the pixels. Neither gives the Inception FID of the literature, whose network sees
photographs of 299 x 299; their figures compare with their own kind alone.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from zoo.data.arrays import Array
from zoo.errors import SettingError
from zoo.interpret.networks import layers_of, open_network
from zoo.interpret.networks import truncate as cut_off

COMPONENTS = 64
NEIGHBOURS = 3  # whose distance is the radius around an example (Kynkaanniemi et al. 2019)
CHUNK = 500
RARE = 0.1  # share of what it has among the real ones from which on a class counts as covered


def frechet_distance(one: Array, other: Array) -> float:
    """Give |m - n|^2 + tr(S + T - 2 (S T)^(1/2)) of two normal distributions fitted to features.

    D. Dowson & B. Landau, "The Frechet distance between multivariate normal distributions", J.
    Multivariate Analysis 12 (1982); for images after Heusel et al., arXiv:1706.08500.

    Args:
        one: features of shape (n, d), n at least 2.
        other: features of shape (m, d).
    """
    one, other = one.astype(np.float64), other.astype(np.float64)
    s, t = (np.atleast_2d(np.cov(each, rowvar=False)) for each in (one, other))
    between = np.square(one.mean(0) - other.mean(0)).sum()
    root = _root(s)
    # S T has the eigenvalues of S^(1/2) T S^(1/2), which is symmetric
    common = np.sqrt(np.clip(np.linalg.eigvalsh(root @ t @ root), 0, None)).sum()
    return float(max(0.0, between + np.trace(s) + np.trace(t) - 2 * common))


def _root(matrix: Array) -> Array:
    """Give the symmetric square root of a covariance."""
    values, vectors = np.linalg.eigh(matrix)
    return np.asarray((vectors * np.sqrt(np.clip(values, 0, None))) @ vectors.T)


def precision_recall(real: Array, made: Array, k: int = NEIGHBOURS) -> tuple[float, float]:
    """Give the share of made examples that lie among real ones, and of real ones among made ones.

    To lie among others is to be no further from one of them than its k-th neighbour of its own kind.
    Kynkaanniemi et al., "Improved precision and recall metric for assessing generative models",
    arXiv:1904.06991.
    """
    return fraction_inside(made, real, k), fraction_inside(real, made, k)


def fraction_inside(points: Array, others: Array, k: int = NEIGHBOURS) -> float:
    """Give the share of points within the radius of at least one of the others."""
    from sklearn.metrics import euclidean_distances
    from sklearn.neighbors import NearestNeighbors

    few = min(k, len(others) - 1)
    found = NearestNeighbors(n_neighbors=few, algorithm="brute").fit(others)
    radii = found.kneighbors()[0][:, -1]  # without an argument, a point is no neighbour of itself
    within = 0
    for start in range(0, len(points), CHUNK):
        far = euclidean_distances(points[start : start + CHUNK], others)
        within += int((far <= radii).any(1).sum())
    return within / len(points)


def class_coverage(made: Array, real: Array, classes: int) -> float:
    """Give the share of classes that made examples have at least a tenth as often as real ones.

    Args:
        made: labels of shape (n,).
        real: labels of shape (m,); a class that is not among them is not counted.
        classes: how many there are.
    """
    shares = [np.bincount(labels, minlength=classes) / len(labels) for labels in (made, real)]
    there = shares[1] > 0
    return float((shares[0] >= RARE * shares[1])[there].mean())


def project_on_principal_components(train: Array, *others: Array) -> list[Array]:
    """Project images on at most 64 principal components of the training images.

    Args:
        train: images of shape (n, ...); the components are fitted to them.
        *others: more images.

    Returns:
        Features of all of them, shape (n, d) each.
    """
    from sklearn.decomposition import PCA

    flat = [images.reshape(len(images), -1) for images in (train, *others)]
    fitted = PCA(min(COMPONENTS, *flat[0].shape), svd_solver="full", random_state=0).fit(flat[0])
    return [fitted.transform(images) for images in flat]


def nearest_positions(points: Array, others: Array) -> Array:
    """Give the position among the others of the one that each point is nearest to."""
    from sklearn.metrics import pairwise_distances_argmin

    flat = (array.reshape(len(array), -1) for array in (points, others))
    return np.asarray(pairwise_distances_argmin(*flat))


def feature_extractor(name: str, shape: tuple[int, ...]) -> Callable[[Array], tuple[Array, Array]]:
    """Open a classifier, as the function from images to its features and what it says of each class.

    Args:
        name: of a classifier: whatever `zoo.interpret.networks.opened` opens.
        shape: of one image.

    Raises:
        SettingError: there is none of that name (the message says how to make it), it takes images
            of another shape, or it is no classifier.
    """
    model = open_network(name, "feature_network")
    layers = layers_of(model)
    dense = [at for at, layer in enumerate(layers) if layer.kind == "Dense" and at > 0]
    if not dense:
        raise SettingError(
            f"feature_network={name}: that model ends in no dense layer, as classifiers do."
        )
    if any(a not in (None, b) for a, b in zip(model.input_shape[1:], shape, strict=False)):
        raise SettingError(
            f"feature_network={name} takes images of shape {model.input_shape[1:]}. Received: {shape}"
        )
    before, last = layers[dense[-1] - 1].name, layers[-1].name
    seen = cut_off(model, [before, last])

    def look(images: Array) -> tuple[Array, Array]:
        said = seen.predict(images, batch_size=CHUNK, verbose=0)
        return said[before].reshape(len(images), -1), said[last]

    return look
