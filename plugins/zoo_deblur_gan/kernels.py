"""Kernels of camera shake: where a point of light falls while the shutter is open.

    v <- (v - c x) / |v - c x| + j e,   |v| kept;   x <- x + v       inertia, pull back, jitter
    v <- -v turned by a random angle, with probability p             impulse

The path x is laid onto pixels, each of its points shared among the four around it (bilinear), about its
centroid: a kernel moves nothing, and its sum is 1. After the trajectories of Boracchi & Foi, "Modeling
the performance of image restoration from motion blur", IEEE Trans. Image Processing 21 (2012).
"""

import numpy as np

POINTS = 256  # moments of an exposure
JITTER = (
    0.0,
    0.35,
)  # turn of the path in each moment, in radians, from the calmest hand to the worst
PULL = (0.0, 0.7)  # of the hand towards where it wants to be
IMPULSES = (0.0, 4.0)  # shakes that turn the path about, in one exposure


def bank(count: int, side: int, shake: tuple[float, float], seed: int) -> np.ndarray:
    """Make kernels, the same ones for the same seed: float32 of shape (count, side, side).

    Args:
        count: how many.
        side: of the square that a kernel lies in, in pixels; a path that would leave it is made smaller.
        shake: the least and the largest root mean square distance of a path from its centroid, in pixels.
        seed: of all chances.
    """
    chances = np.random.default_rng(seed)
    wanted = chances.uniform(*shake, count)
    paths = trajectories(count, chances)
    paths = paths - paths.mean(1, keepdims=True)
    spread = np.sqrt(np.square(paths).sum(2).mean(1))
    paths *= (wanted / spread)[:, None, None]
    return np.stack([rasterised(fitted(path, side), side) for path in paths])


def trajectories(count: int, chances: np.random.Generator) -> np.ndarray:
    """Draw paths of one length each, shape (count, POINTS, 2)."""
    step = 1 / (POINTS - 1)
    jitter, pull, impulses = (chances.uniform(*most, count) for most in (JITTER, PULL, IMPULSES))
    angle = chances.uniform(-np.pi, np.pi, count)
    place = np.zeros((count, 2))
    path = [place]
    for _ in range(POINTS - 1):
        heading = np.stack([np.sin(angle), np.cos(angle)], -1) - pull[:, None] * step * 40 * place
        angle = np.arctan2(*heading.T) + jitter * chances.standard_normal(count)
        shaken = chances.random(count) < impulses * step
        angle += shaken * (np.pi + chances.uniform(-np.pi / 2, np.pi / 2, count))
        place = place + step * np.stack([np.sin(angle), np.cos(angle)], -1)
        path.append(place)
    return np.stack(path, 1)


def fitted(path: np.ndarray, side: int) -> np.ndarray:
    """Make a path about 0 smaller if it would not fit into a square."""
    return path * min(1.0, (side - 1) / 2 / max(np.abs(path).max(), 1e-9))


def rasterised(path: np.ndarray, side: int) -> np.ndarray:
    """Share each point of a path about 0 among the four pixels around it; the sum is 1."""
    kernel = np.zeros((side + 1, side + 1))
    at = path + (side - 1) / 2
    low = np.clip(np.floor(at).astype(int), 0, side - 1)
    part = at - low
    for down in (0, 1):
        for right in (0, 1):
            share = np.abs(1 - down - part[:, 0]) * np.abs(1 - right - part[:, 1])
            np.add.at(kernel, (low[:, 0] + down, low[:, 1] + right), share / len(path))
    return kernel[:side, :side].astype(np.float32)
