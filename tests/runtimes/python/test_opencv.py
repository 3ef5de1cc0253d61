"""OpenCV's DNN module reads a file again for inputs that it fails on."""

from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers

from zoo.exporters.formats import onnx
from zoo.exporters.parts.part import prepare_part
from zoo.runtimes.group import missing_parts
from zoo.runtimes.python import opencv


def test_a_gru_takes_batches_of_several_sizes(tmp_path: Path) -> None:
    if line := missing_parts("opencv"):
        pytest.skip(line)
    inputs = keras.Input((5, 2), name="series")
    model = keras.Model(inputs, layers.Dense(3, name="score")(layers.GRU(4)(inputs)))
    onnx.write(prepare_part("model", model), tmp_path / "model.onnx", {})
    run = opencv.open(tmp_path / "model.onnx")
    for batch in (3, 1, 3):
        x = np.random.default_rng(batch).random((batch, 5, 2), np.float32)
        np.testing.assert_allclose(run({"series": x})["score"], model(x), atol=1e-5)
    with pytest.raises(Exception, match="OpenCV"):
        run({"series": np.zeros((1, 5, 3), np.float32)})
