"""The bare writes of one model in four formats, as a plain script has them: no file is opened or compared.

python benchmarks/bare_writes.py MODEL.keras FOLDER
"""

import contextlib
import io
import sys
from pathlib import Path

import keras
import tensorflow as tf
import tf2onnx


def write_keras(model: keras.Model, folder: Path) -> None:
    model.save(folder / "model.keras")


def write_h5(model: keras.Model, folder: Path) -> None:
    model.save(folder / "model.h5")


def write_saved_model(model: keras.Model, folder: Path) -> None:
    with contextlib.redirect_stdout(io.StringIO()):
        model.export(folder / "model")


def write_onnx(model: keras.Model, folder: Path) -> None:
    signature = [tf.TensorSpec((None, *model.input_shape[1:]), tf.float32, name="inputs")]
    function = tf.function(lambda x: model(x, training=False), input_signature=signature)
    onnx_model, _ = tf2onnx.convert.from_function(function, input_signature=signature, opset=17)
    (folder / "model.onnx").write_bytes(onnx_model.SerializeToString())


WRITERS = {
    "keras": write_keras,
    "h5": write_h5,
    "saved-model": write_saved_model,
    "onnx": write_onnx,
}


def write_bare(model: keras.Model, folder: Path) -> None:
    for write in WRITERS.values():
        write(model, folder)


if __name__ == "__main__":
    write_bare(keras.saving.load_model(sys.argv[1], compile=False), Path(sys.argv[2]))
