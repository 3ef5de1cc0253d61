"""The head of the README beside exported files: what the model is, and code from a file to its answer."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from zoo.exporters.parts.contract import Contract, Tensor
from zoo.exporters.report import ExportedFile, Report
from zoo.io.printable import markdown
from zoo.runs.files.measures import count_words

__all__ = ["answer_lines", "fact_lines"]

MOST_NAMES = 20  # classes that the code spells out; more are read from report.json
MOST_METRICS = 4
ROLES = ("classifier", "regressor")
_MODES = {1: "L", 3: "RGB", 4: "RGBA"}
_RESIZE = {  # how images of another size are brought to it: see the setting resize
    "pad": "ImageOps.pad(image, {size}, Image.Resampling.BILINEAR)",
    "crop": "ImageOps.fit(image, {size}, Image.Resampling.BILINEAR)",
    "stretch": "image.resize({size}, Image.Resampling.BILINEAR)",
}
_RUN: Mapping[str, tuple[str, str, str]] = {  # by format: the import, opening the file, running it
    "onnx": (
        "import onnxruntime",
        'session = onnxruntime.InferenceSession("{file}", providers=["CPUExecutionProvider"])',
        'output = session.run(["{output}"], {{"{input}": x}})[0][0]',
    ),
    "keras": (
        "import keras",
        'model = keras.saving.load_model("{file}", compile=False)',
        "output = model.predict(x, verbose=0)[0]",
    ),
    "saved-model": (
        "import tensorflow as tf",
        'serve = tf.saved_model.load("{file}").signatures["serving_default"]',
        'output = serve({input}=tf.constant(x))["{output}"][0].numpy()',
    ),
}
_LIKE = {"h5": "keras", "onnx-fp16": "onnx", "onnx-int8": "onnx"}


def fact_lines(report: Report) -> list[str]:
    """Return what the model is: its architecture, its data, its figures; nothing of a foreign model."""
    origin = report.origin
    if "architecture" not in origin:
        return []
    lines = ["", f"A model of the architecture {origin['architecture']}."]
    if origin.get("dataset"):
        lines[-1] += f" It was trained on {markdown(origin['dataset'])}."
    metrics = json.loads(origin.get("metrics") or "{}")
    if metrics:
        shown = ", ".join(f"{name} {metrics[name]:.4g}" for name in list(metrics)[:MOST_METRICS])
        counts = json.loads(origin.get("examples") or "{}")
        words = count_words(
            {counts[name] for name in list(metrics)[:MOST_METRICS] if name in counts}
        )
        lines[-1] += f" On {words or 'the test split'}: {shown}."
    if origin.get("license"):
        lines[-1] += f" Licence of the weights: {origin['license']}."
    return lines


def answer_lines(report: Report) -> list[str]:
    """Return the code from a file of the user's to a class name, or to numbers; nothing for other parts."""
    role = next((role for role in ROLES if role in report.contracts), None)
    if role is None or len(report.contracts[role].inputs) != 1:
        return []
    contract, names = report.contracts[role], json.loads(report.origin.get("classes") or "null")
    own = {file.format: file for file in report.files if file.part == role}
    chosen = next((own[name] for name in (*_RUN, *_LIKE) if name in own), None)
    reading = _reading_lines(contract.inputs[0], report.origin.get("resize", "pad"))
    if chosen is None or not reading or (role == "classifier" and not names):
        return []
    code = _script(contract, chosen, reading, names if role == "classifier" else None)
    answer = "a class" if role == "classifier" else "its numbers"
    return ["", f"## From a file to {answer}", "", "```python", *code, "```"]


def _script(
    contract: Contract, file: ExportedFile, reading: Sequence[str], names: Sequence[str] | None
) -> list[str]:
    kind = _RUN[_LIKE.get(file.format, file.format)]
    words = {
        "file": file.path,
        "input": contract.inputs[0].name,
        "output": contract.outputs[0].name,
    }
    is_image = any("Image" in line for line in reading)
    long = names is not None and len(names) > MOST_NAMES
    imports = [*(f"import {module}" for module in file.requires), kind[0], "import numpy as np"]
    imports += ["from PIL import Image, ImageOps"] if is_image else []
    lines = ["import json", *imports] if long else imports
    lines += ["", *reading, *(line.format(**words) for line in kind[1:])]
    if names is None:
        return [*lines, "print(output)"]
    stored = 'json.loads(json.load(open("report.json"))["origin"]["classes"])'
    classes = stored if long else json.dumps(list(names), ensure_ascii=False)
    return [*lines, f"classes = {classes}", "print(classes[output.argmax()], output.max())"]


def _reading_lines(tensor: Tensor, resize: str) -> list[str]:
    """Return the lines that read a file as the input `x` of the model; none for inputs of other kinds."""
    sizes: tuple[Any, ...] = tensor.sizes[1:]
    if not tensor.dtype.startswith("float32"):
        return []
    if len(sizes) == 3 and sizes[-1] in _MODES:
        return _image_lines(sizes, resize)
    if len(sizes) in (1, 2) and None not in sizes[1:]:
        shape = ", ".join(str(size or -1) for size in sizes)
        what = "one number a line" if len(sizes) == 1 else "a time step a line, its channels in it"
        return [
            f'x = np.loadtxt("input.csv", "float32", delimiter=",")  # {what}',
            f"x = x.reshape(1, {shape})",
        ]
    return []


def _image_lines(sizes: tuple[Any, ...], resize: str) -> list[str]:
    height, width, channels = sizes
    lines = ['image = ImageOps.exif_transpose(Image.open("image.png"))']
    lines.append(f'image = image.convert("{_MODES[channels]}")')
    if height and width:
        scale = _RESIZE.get(resize, _RESIZE["pad"]).format(size=(width, height))
        lines.append(f"image = {scale}  # to width, height")
    shape = "image.height, image.width" if not (height and width) else f"{height}, {width}"
    lines.append(f'x = np.asarray(image, "float32").reshape(1, {shape}, {channels}) / 255')
    return lines
