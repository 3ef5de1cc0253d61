"""Each family of keras.applications, as a .keras file, goes through export, explain, gallery and show."""

from pathlib import Path

import keras
import numpy as np
import pytest
from PIL import Image

import zoo
from tests.conftest import Shell
from zoo.exporters.applications import list_applications
from zoo.interpret.model_summary import describe_layers

FAMILIES = {  # the smallest network of each, and the side of its images
    "ConvNeXtTiny": 32,
    "DenseNet121": 32,
    "EfficientNetB0": 32,
    "EfficientNetV2B0": 32,
    "InceptionResNetV2": 75,
    "InceptionV3": 75,
    "MobileNet": 32,
    "MobileNetV2": 32,
    "MobileNetV3Small": 32,
    "NASNetMobile": 224,
    "ResNet50": 32,
    "ResNet50V2": 32,
    "VGG16": 32,
    "VGG19": 32,
    "Xception": 71,
}


def save(name: str) -> Path:
    """Save a network of 10 classes and random weights, for small images."""
    side = FAMILIES[name]
    build = getattr(keras.applications, name)
    path = Path(f"{name}.keras")
    build(weights=None, classes=10, input_shape=(side, side, 3)).save(path)
    return path


def family(name: str) -> str:
    """Return the module in which keras.applications builds a network."""
    return str(getattr(keras.applications, name).__module__)


def test_there_is_a_network_of_each_family() -> None:
    assert {family(name) for name in FAMILIES} == {family(name) for name in list_applications()}


def test_a_layer_and_an_operation_may_have_one_name() -> None:
    """MobileNetV3 has layers `Add` and operations `Add`."""
    pixels = keras.Input((8, 8, 3))
    x = keras.layers.Conv2D(3, 1)(pixels)
    x = keras.layers.Add()([x + 3.0, pixels])
    x = keras.layers.GlobalAveragePooling2D()(x)
    report = zoo.export(keras.Model(pixels, x), ["keras"], out="exported")
    assert report.ok


def test_a_file_with_constants_becomes_a_saved_model() -> None:
    """Normalization with given statistics keeps them in constants, which TensorFlow saves as objects."""
    pixels = keras.Input((8, 8, 3))
    x = keras.layers.Normalization(mean=[0.4, 0.5, 0.6], variance=[0.1, 0.2, 0.3])(pixels)
    x = keras.layers.GlobalAveragePooling2D()(keras.layers.Conv2D(4, 3, groups=1)(x))
    keras.Model(pixels, x).save("constants.keras")
    assert zoo.export("constants.keras", ["saved-model"], out="exported").ok


def test_an_untrained_network_is_exported_when_asked(shell: Shell) -> None:
    code, out, _ = shell(
        "export", "mlp.digits", "--untrained", "--to", "keras", "--out", "exported"
    )
    assert (code, "equal" in out) == (0, True)
    assert "license" not in zoo.verify("exported").origin


@pytest.mark.long
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("name", FAMILIES)
def test_a_family_goes_through_everything(name: str) -> None:
    path = save(name)
    noise = np.random.default_rng(0).integers(0, 255, (FAMILIES[name], FAMILIES[name], 3))
    Image.fromarray(noise.astype(np.uint8)).save("noise.png")
    assert len(describe_layers(path)["model"]) > 10
    (found,) = zoo.explain(path, ["noise.png"], methods=["gradient", "gradcam"], out="why")
    assert np.isfinite(found.maps["gradient"]).all()
    page = zoo.gallery(path, steps=2, channels=2, out="gallery.html").page
    assert page is not None
    assert page.exists()
    assert zoo.export(path, ["keras", "saved-model", "onnx"], out="exported").ok
