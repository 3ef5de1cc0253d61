import keras
import numpy as np
import pytest

import zoo
from zoo.weights.transfer import freeze_layers, transfer_weights


def network(classes: int, units: int = 4, depth: int = 1) -> keras.Model:
    inputs = keras.Input((3,))
    x = inputs
    for number in range(depth):
        x = keras.layers.Dense(units, name=f"hidden_{number}")(x)
    return keras.Model(inputs, keras.layers.Dense(classes, name="head")(x))


def test_all_weights_are_copied_where_all_shapes_are_the_same() -> None:
    source, model = network(2), network(2)
    assert transfer_weights(source, model, "source") == []
    for old, new in zip(source.get_weights(), model.get_weights(), strict=True):
        assert np.array_equal(old, new)


def test_the_last_layer_stays_new_where_the_classes_differ() -> None:
    source, model = network(2), network(5)
    before = model.get_layer("head").get_weights()
    assert transfer_weights(source, model, "source") == ["head"]
    hidden = [net.get_layer("hidden_0").get_weights()[0] for net in (source, model)]
    assert np.array_equal(*hidden)
    for old, new in zip(before, model.get_layer("head").get_weights(), strict=True):
        assert np.array_equal(old, new)


def test_another_network_is_refused() -> None:
    with pytest.raises(zoo.RunError, match="source has 4 weights, and the model to train has 6"):
        transfer_weights(network(2), network(2, depth=2), "source")
    with pytest.raises(zoo.RunError, match="No layer of source has the shapes"):
        transfer_weights(network(2), network(3, units=5), "source")


def test_layers_are_frozen_by_name_and_glob_also_in_models_of_models() -> None:
    inner = network(2)
    outer = keras.Sequential([keras.Input((3,)), inner, keras.layers.Dense(1, name="last")])
    freeze_layers(outer, ["hidden_*"])
    names = {weight.path.split("/")[-2] for weight in outer.trainable_weights}
    assert names == {"head", "last"}
    with pytest.raises(zoo.SettingError, match=r"freeze=hiden: no layer .*Did you mean hidden_0"):
        freeze_layers(network(2), ["hiden"])
    with pytest.raises(zoo.SettingError, match="nothing is left to train"):
        freeze_layers(network(2), ["*"])
