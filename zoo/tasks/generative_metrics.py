"""Measures of generative models: distances between generated and real examples in a space of features.

Functions of arrays of features of shape (n, d). A Frechet distance depends on the number of examples, and
it is above 0 for two samples of one distribution: compare it with the distance between as many training
and test examples.

The features are those of a classifier of the zoo (its last layer but one), or the first 64 principal
components of the pixels. Neither gives the Inception FID of the literature, whose network takes
photographs of 299 x 299: compare distances of one kind of features only.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from zoo.data.arrays import Array
from zoo.errors import SettingError
from zoo.interpret.networks import layers_of, open_network, truncate

__all__ = [
    "class_coverage",
    "feature_extractor",
    "fraction_inside",
    "frechet_distance",
    "nearest_positions",
    "precision_recall",
    "project_on_principal_components",
]

COMPONENTS = 64
NEIGHBOURS = (
    3  # the distance to the third one is the radius of an example (Kynkaanniemi et al. 2019)
)
CHUNK = 500  # examples at a time
LEAST_SHARE = 0.1  # of a class's share among real examples, for the class to count as covered


def frechet_distance(one: Array, other: Array) -> float:
    """Return |m - n|^2 + tr(S + T - 2 (S T)^(1/2)) of two normal distributions fitted to features.

    D. Dowson & B. Landau, "The Frechet distance between multivariate normal distributions", J.
    Multivariate Analysis 12 (1982); for images after Heusel et al., arXiv:1706.08500.

    Args:
        one: features of shape (n, d), n at least 2.
        other: features of shape (m, d).
    """
    one, other = one.astype(np.float64), other.astype(np.float64)
    s, t = (np.atleast_2d(np.cov(each, rowvar=False)) for each in (one, other))
    between = np.square(one.mean(0) - other.mean(0)).sum()
    root = _square_root(s)
    # S T has the eigenvalues of S^(1/2) T S^(1/2), which is symmetric
    common = np.sqrt(np.clip(np.linalg.eigvalsh(root @ t @ root), 0, None)).sum()
    return float(max(0.0, between + np.trace(s) + np.trace(t) - 2 * common))


def _square_root(matrix: Array) -> Array:
    """Return the symmetric square root of a covariance matrix."""
    values, vectors = np.linalg.eigh(matrix)
    return np.asarray((vectors * np.sqrt(np.clip(values, 0, None))) @ vectors.T)


def precision_recall(real: Array, generated: Array, k: int = NEIGHBOURS) -> tuple[float, float]:
    """Return the share of generated examples inside the real ones, and of real inside the generated ones.

    Kynkaanniemi et al., "Improved precision and recall metric for assessing generative models",
    arXiv:1904.06991.

    Args:
        real: features of shape (n, d).
        generated: features of shape (m, d).
        k: as in `fraction_inside`.
    """
    return fraction_inside(generated, real, k), fraction_inside(real, generated, k)


def fraction_inside(points: Array, others: Array, k: int = NEIGHBOURS) -> float:
    """Return the share of points that are within the radius of at least one of the others.

    Args:
        points: features of shape (n, d).
        others: features of shape (m, d), m at least 2.
        k: the radius of each of the others is its distance to its k-th neighbour among them.
    """
    from sklearn.metrics import euclidean_distances
    from sklearn.neighbors import NearestNeighbors

    count = min(k, len(others) - 1)
    neighbours = NearestNeighbors(n_neighbors=count, algorithm="brute").fit(others)
    radii = neighbours.kneighbors()[0][
        :, -1
    ]  # without an argument, a point is no neighbour of itself
    inside = 0
    for start in range(0, len(points), CHUNK):
        distances = euclidean_distances(points[start : start + CHUNK], others)
        inside += int((distances <= radii).any(1).sum())
    return inside / len(points)


def class_coverage(generated: Array, real: Array, classes: int) -> float:
    """Return the share of classes whose frequency in generated examples is a tenth of the real one or more.

    Args:
        generated: labels of shape (n,).
        real: labels of shape (m,); a class that does not occur here is not counted.
        classes: the number of classes.
    """
    generated_shares, real_shares = (
        np.bincount(each, minlength=classes) / len(each) for each in (generated, real)
    )
    return float((generated_shares >= LEAST_SHARE * real_shares)[real_shares > 0].mean())


def project_on_principal_components(train: Array, *others: Array) -> list[Array]:
    """Return the projections of images on at most 64 principal components of the training images.

    Args:
        train: images of shape (n, ...); the components are fitted to them.
        *others: more images.

    Returns:
        The features of each array, of shape (n, d); those of the training images first.
    """
    from sklearn.decomposition import PCA

    flat = [images.reshape(len(images), -1) for images in (train, *others)]
    pca = PCA(min(COMPONENTS, *flat[0].shape), svd_solver="full", random_state=0).fit(flat[0])
    return [pca.transform(images) for images in flat]


def nearest_positions(points: Array, others: Array) -> Array:
    """Return for each point the position of its nearest neighbour among the others."""
    from sklearn.metrics import pairwise_distances_argmin

    flat = (array.reshape(len(array), -1) for array in (points, others))
    return np.asarray(pairwise_distances_argmin(*flat))


def feature_extractor(name: str, shape: tuple[int, ...]) -> Callable[[Array], tuple[Array, Array]]:
    """Open a classifier and return the function from images to (features, outputs).

    Args:
        name: a run, a .keras file or another name that `zoo.interpret.networks.open_network` opens.
        shape: the shape of one image.

    Returns:
        A function of images of shape (n, *shape). Features are the outputs of the last layer but one, of
        shape (n, d); outputs are of shape (n, classes).

    Raises:
        SettingError: there is no such network (the message says how to train one), it takes images of
            another shape, or it is not a classifier.
    """
    model = open_network(name, "feature_network")
    layers = layers_of(model)
    dense = [at for at, layer in enumerate(layers) if layer.kind == "Dense" and at > 0]
    if not dense:
        raise SettingError(
            f"feature_network={name} must be a classifier: a network with a dense layer at its end."
        )
    if any(a not in (None, b) for a, b in zip(model.input_shape[1:], shape, strict=False)):
        raise SettingError(
            f"feature_network={name} takes images of shape {model.input_shape[1:]}. Received: {shape}"
        )
    before, last = layers[dense[-1] - 1].name, layers[-1].name
    network = truncate(model, [before, last])

    def features_and_outputs(images: Array) -> tuple[Array, Array]:
        outputs = network.predict(images, batch_size=CHUNK, verbose=0)
        return outputs[before].reshape(len(images), -1), outputs[last]

    return features_and_outputs
