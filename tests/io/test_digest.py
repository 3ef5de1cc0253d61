"""Digests: the same content gives the same digest, and nothing else does."""

from pathlib import Path

import keras
from keras import layers

from zoo.io.digest import file_digest, weights_digest


def model(name: str) -> keras.Model:
    keras.utils.set_random_seed(0)
    inputs = keras.Input((4,))
    return keras.Model(inputs, layers.Dropout(0.5)(layers.Dense(3, name=name)(inputs)))


def test_weights_have_one_digest_whatever_their_layers_are_called() -> None:
    first, second = model("one"), model("two")
    assert weights_digest(first) == weights_digest(second)
    assert len(weights_digest(first)) == 64
    second.weights[0].assign(second.weights[0] + 1e-6)
    assert weights_digest(first) != weights_digest(second)


def test_a_folder_has_a_digest_of_names_and_contents() -> None:
    for folder in ("a", "b"):
        Path(folder, "inner").mkdir(parents=True)
        Path(folder, "inner", "x").write_text("12")
        Path(folder, "y").write_text("3")
    assert file_digest(Path("a")) == file_digest(Path("b"))
    Path("b/y").rename(Path("b/z"))
    assert file_digest(Path("a")) != file_digest(Path("b"))
    assert file_digest(Path("a/y")) == file_digest(Path("b/z"))
