"""Kernels of camera shake: the path of a point of light while the shutter is open.

    v <- R(j e) (v - c x) / |v - c x|,   e ~ N(0, 1);   x <- x + h v     inertia, pull back, jitter
    v <- R(pi + u) v with probability p,   |u| < pi / 2 uniform          impulse

with rotations R and steps of equal length h. The path x is drawn on pixels around its centroid; each point
is shared among the four pixels next to it (bilinear). So a kernel does not move an image, and its sum is 1.
After the trajectories of Boracchi & Foi, "Modeling the performance of image restoration from motion blur",
IEEE Trans. Image Processing 21 (2012).
"""

import numpy as np

from zoo.data.arrays import Array

POINTS = 256  # of a path
JITTER = (
    0.0,
    0.35,
)  # rotation of the path at each point in radians, of the calmest and the worst hand
PULL = (0.0, 0.7)  # of the hand back to the middle
IMPULSES = (0.0, 4.0)  # jerks that reverse the path, in one exposure


def draw_kernels(count: int, side: int, shake: tuple[float, float], seed: int) -> Array:
    """Draw kernels; the same seed draws the same ones.

    Args:
        count: the number of kernels.
        side: side of the square of a kernel, in pixels; a path that would leave it is made smaller.
        shake: least and largest root mean square distance of a path from its centroid, in pixels.
        seed: of all random numbers.

    Returns:
        Kernels of shape (count, side, side), float32.
    """
    if not count:
        return np.zeros((0, side, side), np.float32)
    rng = np.random.default_rng(seed)
    distances = rng.uniform(*shake, count)
    paths = draw_paths(count, rng)
    paths = paths - paths.mean(1, keepdims=True)
    spread = np.sqrt(np.square(paths).sum(2).mean(1))
    paths *= (distances / spread)[:, None, None]
    return np.stack([rasterise(shrink_to_square(path, side), side) for path in paths])


def draw_paths(count: int, rng: np.random.Generator) -> Array:
    """Draw paths of equal length, shape (count, POINTS, 2)."""
    step = 1 / (POINTS - 1)
    jitter, pull, impulses = (rng.uniform(*limits, count) for limits in (JITTER, PULL, IMPULSES))
    angle = rng.uniform(-np.pi, np.pi, count)
    position = np.zeros((count, 2))
    path = [position]
    for _ in range(POINTS - 1):
        heading = np.stack([np.sin(angle), np.cos(angle)], -1)
        heading = heading - pull[:, None] * step * 40 * position
        angle = np.arctan2(*heading.T) + jitter * rng.standard_normal(count)
        reverses = rng.random(count) < impulses * step
        angle += reverses * (np.pi + rng.uniform(-np.pi / 2, np.pi / 2, count))
        position = position + step * np.stack([np.sin(angle), np.cos(angle)], -1)
        path.append(position)
    return np.stack(path, 1)


def shrink_to_square(path: Array, side: int) -> Array:
    """Return a path around 0, made smaller if it does not fit into the square of a kernel."""
    smaller: Array = path * min(1.0, (side - 1) / 2 / max(np.abs(path).max(), 1e-9))
    return smaller


def rasterise(path: Array, side: int) -> Array:
    """Return the kernel of a path around 0: each point is shared among four pixels, and the sum is 1."""
    kernel = np.zeros((side + 1, side + 1))
    position = path + (side - 1) / 2
    low = np.clip(np.floor(position).astype(int), 0, side - 1)
    part = position - low
    for down in (0, 1):
        for right in (0, 1):
            share = np.abs(1 - down - part[:, 0]) * np.abs(1 - right - part[:, 1])
            np.add.at(kernel, (low[:, 0] + down, low[:, 1] + right), share / len(path))
    return kernel[:side, :side].astype(np.float32)
