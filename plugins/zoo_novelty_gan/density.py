"""The density of the features of normal examples: a mixture of K Gaussians.

    p(v) = sum_k p_k N(v; m_k, C_k)

    distance of v = min_k  |W_k^T (v - m_k)|^2 + log det C_k - 2 log p_k,   W_k W_k^T = C_k^-1

Expectation maximisation fits the mixture (scikit-learn's GaussianMixture); each C_k has l I added. The
distance is -2 log p(v), up to a constant, with the likeliest component only: in many dimensions the others
add next to nothing. With K = 1 only the first term is left.

Examples that come in several forms, such as a 2 with a loop and one without, have several clusters of codes.
One Gaussian also covers what lies between the clusters, where codes of novel examples are (Zong et al., "Deep
autoencoding Gaussian mixture model for unsupervised anomaly detection", ICLR 2018).
"""

from typing import Any

import numpy as np
from keras import layers
from sklearn.mixture import GaussianMixture

import zoo
from zoo.data.arrays import Array

RIDGE = 0.03  # l, relative to the mean variance: few examples say little about small variances
ITERATIONS = 1000  # EM stops earlier, when the mean log likelihood gains less than 0.001
TINY = 1e-6

Statistics = dict[str, Array]


def statistic_shapes(size: int, components: int) -> dict[str, tuple[int, ...]]:
    """Return the shapes of the density's statistics by name: m_k, W_k, and log det C_k - 2 log p_k.

    Args:
        size: the number of features.
        components: K; with one, there is no axis of components.
    """
    if components == 1:
        return {"centre": (size,), "whitening": (size, size)}
    return {
        "centre": (components, size),
        "whitening": (components, size, size),
        "offset": (components,),
    }


def check_count(count: int, components: int) -> None:
    """Check that there are enough normal examples for a mixture.

    Args:
        count: the number of normal training examples.
        components: K.

    Raises:
        DataError: there are fewer examples than components.
    """
    if count < components:
        raise zoo.DataError(
            f"components={components} needs at least as many training examples of the normal class. "
            f"Received: {count}"
        )


def fit_density(values: Array, components: int) -> Statistics:
    """Return the density's statistics, fitted to the features of normal examples, shape (n, size).

    Args:
        values: the features.
        components: K.

    Returns:
        Arrays of the shapes of `statistic_shapes`.
    """
    return fit_gaussian(values) if components == 1 else fit_mixture(values, components)


def fit_gaussian(values: Array) -> Statistics:
    """Return m, and W of W W^T = (cov + l I)^-1, of features (n, size)."""
    centre = values.mean(0, dtype=np.float64)
    variances, axes = np.linalg.eigh(np.cov(values - centre, rowvar=False, bias=True))
    ridge = RIDGE * max(variances.mean(), TINY)
    return {"centre": centre, "whitening": axes / np.sqrt(np.maximum(variances, 0) + ridge)}


def fit_mixture(values: Array, components: int) -> Statistics:
    """Return m_k, W_k and log det C_k - 2 log p_k of a mixture that is fitted to features (n, size)."""
    values = values.astype(np.float64)
    ridge = RIDGE * max(values.var(0).mean(), TINY)
    mixture = GaussianMixture(components, reg_covar=ridge, max_iter=ITERATIONS, random_state=0)
    mixture.fit(values)
    whitening = mixture.precisions_cholesky_
    log_determinants = -2 * np.log(np.diagonal(whitening, axis1=1, axis2=2)).sum(1)
    return {
        "centre": mixture.means_,
        "whitening": whitening,
        "offset": log_determinants - 2 * np.log(mixture.weights_),
    }


def distance(features: Any, statistics: Statistics) -> Any:
    """Return the distance, shape (n, 1), of features (n, size), in layers of Keras only."""
    whitening = statistics["whitening"]
    if whitening.ndim == 2:
        white = linear(features, whitening, -statistics["centre"] @ whitening, "whitened")
        return layers.Dot(1)([white, white])
    count, size, _ = whitening.shape
    bias = -np.einsum("ki,kij->kj", statistics["centre"], whitening).reshape(-1)
    white = linear(features, np.concatenate(list(whitening), 1), bias, "whitened")
    sums = -np.kron(np.eye(count), np.ones((size, 1)))  # of the squares of each component
    squares = layers.Multiply()([white, white])
    nearness = linear(squares, sums, -statistics["offset"], "nearness")
    nearest = layers.GlobalMaxPooling1D()(layers.Reshape((count, 1))(nearness))
    return layers.Rescaling(-1.0)(nearest)


def linear(x: Any, kernel: Array, bias: Array, name: str) -> Any:
    """Apply a dense layer of given weights: x @ kernel + bias."""
    layer = layers.Dense(kernel.shape[1], name=name)
    output = layer(x)
    layer.set_weights([kernel, bias])
    return output
