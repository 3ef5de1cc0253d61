"""TensorFlow without Keras, which opens SavedModel folders as TensorFlow Serving does."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from zoo.runtimes.group import missing_package, package_version
from zoo.runtimes.protocol import Runner
from zoo.runtimes.sample_code import python_code

FORMATS = ("saved-model",)
WITHOUT = ("keras",)


def missing() -> str:
    """Return how to install TensorFlow; empty where it is installed."""
    return missing_package("tensorflow")


def version() -> str:
    """Return TensorFlow's name and version."""
    return package_version("tensorflow")


def open(path: Path) -> Runner:
    """Load the folder; return the function that calls its one signature."""
    import tensorflow as tf

    loaded = tf.saved_model.load(str(path))
    serve = loaded.signatures["serving_default"]

    def run(inputs: Mapping[str, Any]) -> dict[str, Any]:
        outputs = serve(**{name: tf.constant(value) for name, value in inputs.items()})
        return {name: value.numpy() for name, value in outputs.items()}

    run.__dict__["loaded"] = loaded  # the signature alone does not keep the variables in memory
    return run


def example(contract: Any, file: str) -> str:
    """Return the code that loads and runs the folder with TensorFlow alone."""
    return python_code(
        contract,
        "import tensorflow as tf",
        f'loaded = tf.saved_model.load("{file}")',
        'serve = loaded.signatures["serving_default"]',
        "outputs = serve(**{name: tf.constant(value) for name, value in inputs.items()})",
        "print({name: value.numpy() for name, value in outputs.items()})",
    )
