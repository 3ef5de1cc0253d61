"""Keras 3's own file: one zip with the config and the weights, opened in safe mode."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from zoo.formats import Runner, sample
from zoo.untrusted import check_model_file

if TYPE_CHECKING:
    from zoo.parts import Contract, Part

SUFFIX = ".keras"
WITHOUT: tuple[str, ...] = ()

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the first moment that a zip can hold


def write(part: Part, path: Path, options: Mapping[str, Any]) -> None:
    """Save the part, with fixed times so that the same weights give the same bytes."""
    draft = path.with_name(f"draft-{path.name}")
    part.model.save(draft)
    with zipfile.ZipFile(draft) as source, zipfile.ZipFile(path, "w") as target:
        for name in sorted(source.namelist()):
            content = source.read(name)
            if name == "metadata.json":
                metadata = json.loads(content) | {"date_saved": "1980-01-01@00:00:00"}
                content = json.dumps(metadata, sort_keys=True).encode()
            target.writestr(zipfile.ZipInfo(name, _EPOCH), content)
    draft.unlink()


def prepare() -> str:
    """Import Keras."""
    import keras

    return f"keras {keras.__version__}"


def open(path: Path) -> Runner:
    """Load the file in safe mode: no code in it is run."""
    import keras

    check_model_file(path)
    model = keras.saving.load_model(path, compile=False, safe_mode=True)
    return by_name(model)


def by_name(model: Any) -> Runner:
    """Call a Keras model with inputs by name, giving outputs by name."""
    from keras import tree

    names = [tensor.name for tensor in model.inputs]

    def run(inputs: Mapping[str, Any]) -> dict[str, Any]:
        given = tree.pack_sequence_as(model.input, [inputs[name] for name in names])
        values = model(given, training=False)
        if not isinstance(values, dict):
            flat = values if isinstance(values, list | tuple) else [values]
            values = dict(zip(model.output_names, flat, strict=True))
        return {name: np.asarray(value) for name, value in values.items()}

    return run


def example(contract: Contract, file: str) -> str:
    """Load and call with Keras alone."""
    return keras_example(contract, file)


def keras_example(contract: Contract, file: str) -> str:
    """Give the code that both of Keras' formats are run with."""
    names = [tensor.name for tensor in contract.inputs]
    given = f'inputs["{names[0]}"]' if len(names) == 1 else f"[inputs[name] for name in {names}]"
    return "\n".join(
        [
            "import keras",
            sample(contract),
            f'model = keras.saving.load_model("{file}", compile=False)',
            f"outputs = model.predict({given}, verbose=0)",
            "print(outputs)",
        ]
    )
