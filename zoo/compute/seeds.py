"""The seed of all random numbers of a training."""

from __future__ import annotations

import sys


def set_random_seed(seed: int) -> None:
    """Set the seed of Python, NumPy and Keras, as `keras.utils.set_random_seed` does.

    On JAX, Keras would import TensorFlow to set its seed, too. That costs two seconds of processor time, and
    no training on JAX takes random numbers from TensorFlow's global seed.
    """
    import keras

    if keras.config.backend() != "jax" or "tensorflow" in sys.modules:
        keras.utils.set_random_seed(seed)
        return
    try:
        from keras.src.utils.module_utils import tensorflow as lazy_module
    except ImportError:  # Keras finds TensorFlow in another way
        keras.utils.set_random_seed(seed)
        return
    before = getattr(lazy_module, "_available", None)
    lazy_module._available = False
    try:
        keras.utils.set_random_seed(seed)
    finally:
        lazy_module._available = before
