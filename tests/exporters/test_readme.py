"""The lines that stand beside exported files are run, where the zoo cannot be imported."""

import re
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np

import zoo
from zoo.layers import PadToMultiple

BLOCK = re.compile(r"```python\n(.*?)```", re.DOTALL)
NO_ZOO = """
import sys
sys.modules["zoo"] = None
try:
    import zoo
except ImportError:
    print("no zoo")
"""


def test_the_lines_beside_the_files_run_them_without_the_zoo() -> None:
    keras.utils.set_random_seed(4)
    left, right = keras.Input((4,), name="left"), keras.Input((None, 2), name="right")
    both = keras.layers.Concatenate()([left, keras.layers.GlobalAveragePooling1D()(right)])
    model = keras.Model(
        [left, right], keras.layers.Dense(3, bias_initializer="ones", name="sum")(both)
    )
    zoo.export(model, out="shipped")
    blocks = BLOCK.findall(Path("shipped/README.md").read_text())
    assert len(blocks) == 4
    expected = np.asarray(model([np.zeros((1, 4)), np.zeros((1, 64, 2))]))
    for block in blocks:
        assert "zoo" not in block
        assert len(block.splitlines()) <= 15
        done = subprocess.run(
            [sys.executable, "-P", "-c", NO_ZOO + block],
            cwd="shipped",
            capture_output=True,
            text=True,
            check=True,
        )
        said, printed = done.stdout.split("\n", 1)
        assert said == "no zoo"
        (numbers,) = re.findall(r"\[\[(.*?)\]\]", printed, re.DOTALL)
        received = [float(word) for word in re.findall(r"-?\d+\.?\d*(?:e-?\d+)?", numbers)]
        np.testing.assert_allclose(received, expected[0], atol=1e-5)


def test_the_lines_import_the_modules_that_a_file_requires() -> None:
    image = keras.Input((None, None, 1), name="image")
    model = keras.Model(image, keras.layers.Conv2D(1, 3)(PadToMultiple(4)(image)))
    zoo.export(model, ["keras", "onnx"], out="shipped")
    of_keras, of_onnx = BLOCK.findall(Path("shipped/README.md").read_text())
    assert of_keras.startswith("import zoo.layers\nimport keras\n")
    assert "zoo" not in of_onnx
    command = [sys.executable, "-P", "-c", of_keras]
    subprocess.run(command, cwd="shipped", capture_output=True, text=True, check=True)
