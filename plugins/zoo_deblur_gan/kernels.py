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


def bank(count: int, side: int, length: tuple[float, float], seed: int) -> np.ndarray:
    """Make kernels, the same ones for the same seed: float32 of shape (count, side, side).

    Args:
        count: how many.
        side: of the square that a kernel lies in, in pixels; a path that would leave it is made smaller.
        length: of the shortest and the longest path, in pixels.
        seed: of all chances.
    """
    chances = np.random.default_rng(seed)
    pixels = chances.uniform(*length, count)
    paths = pixels[:, None, None] * trajectories(count, chances)
    return np.stack([rasterised(fitted(path, side), side) for path in paths])


def trajectories(count: int, chances: np.random.Generator) -> np.ndarray:
    """Draw paths of length 1, shape (count, POINTS, 2)."""
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
    """Bring a path's centroid to 0, and make it smaller if it would not fit."""
    centred = path - path.mean(0)
    reach = np.abs(centred).max()
    room = (side - 1) / 2
    return centred * min(1.0, room / max(reach, 1e-9))


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
