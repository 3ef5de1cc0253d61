"""The checks of a data set: what its module declares, the same examples every time, separate splits."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from zoo.data.arrays import RANGE_TOLERANCE, Array, example_kind
from zoo.data.dataset import Dataset
from zoo.data.load import DatasetInfo, dataset_info, open_dataset
from zoo.data.split import Split
from zoo.entry_points import DATASETS, EntryPointGroup
from zoo.errors import DataError
from zoo.runs.training import train
from zoo.testing.architecture.tasks import few_of
from zoo.testing.outcome import SkipCheck, require
from zoo.testing.runner import Check

__all__ = ["CHECKS", "DatasetSubject"]

BLOCK = 256  # examples that are looked at together
_FINGERPRINT = """
import sys
from zoo.data.load import open_dataset
print(open_dataset(sys.argv[1]).fingerprint)
"""


class DatasetSubject:
    """One data set, loaded once for all checks.

    Args:
        name: of the data set.
        folder: an empty one, for a training.
    """

    def __init__(self, name: str, folder: Path) -> None:
        self.name, self.folder = name, folder

    @property
    def info(self) -> DatasetInfo:
        """What its module declares."""
        return dataset_info(self.name)

    @cached_property
    def data(self) -> Dataset:
        """What `load()` returns.

        Raises:
            SkipCheck: the data is not on this machine.
        """
        try:
            return open_dataset(self.name)
        except DataError as reason:
            if _raising_module(reason).startswith(
                "zoo.data."
            ):  # the examples themselves are refused
                raise
            raise SkipCheck(str(reason)) from reason


def check_declarations(subject: DatasetSubject) -> None:
    """The module declares INPUT_SHAPE and CLASSES, and says in its first line what the data is."""
    info = subject.info
    require(
        info.summary.strip(), "The module has no docstring: its first line says what the data is."
    )
    require(
        info.input_shape and all(size > 0 for size in info.input_shape),
        f"INPUT_SHAPE must hold the sizes of one input, each above 0. Received: {info.input_shape}",
    )
    module = EntryPointGroup(DATASETS).load(subject.name)
    for name in ("SOURCE", "LICENSE"):
        text = getattr(module, name, "")
        require(
            isinstance(text, str) and text.strip(),
            f"{name} is missing: cards of models that are trained on the data show it.",
        )


def check_facts(subject: DatasetSubject) -> None:
    """What load() returns is what the module declares."""
    info, data = subject.info, subject.data
    pairs: list[tuple[str, object, object]] = [
        ("name", subject.name, data.name),
        ("INPUT_SHAPE", info.input_shape, data.input_shape),
        ("CLASSES", info.classes, data.classes),
    ]
    if info.outputs is not None:
        pairs.append(("OUTPUTS", info.outputs, data.outputs))
    for fact, declared, loaded in pairs:
        require(
            declared == loaded, f"The {fact} is {declared!r} by the module, {loaded!r} by load()."
        )


def check_same_bytes(subject: DatasetSubject) -> None:
    """load() returns the same bytes in the same order, twice and in another process."""
    first = subject.data.fingerprint
    require(
        first == open_dataset(subject.name).fingerprint,
        "load() returns other examples when it is called again: draw with a generator of a fixed seed.",
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", _FINGERPRINT, subject.name],
        env={**os.environ, "PYTHONHASHSEED": "7"},
        capture_output=True,
        text=True,
        check=False,
    )
    require(done.returncode == 0, f"load() fails in a new process: {done.stderr.strip()[-300:]}")
    require(
        first == done.stdout.split()[-1],
        "load() returns other examples in another process: its order must not depend on hashes, on "
        "os.listdir or on the time.",
    )


def check_splits(subject: DatasetSubject) -> None:
    """No test example is a training example as well."""
    seen = set(_digests(subject.data.train))
    shared = sum(digest in seen for digest in _digests(subject.data.test))
    require(
        not shared,
        f"{shared} of {len(subject.data.test)} test examples are training examples too, with the same "
        "target: a model that remembers them is measured too well. Leave them out of one split.",
    )


def check_targets(subject: DatasetSubject) -> None:
    """Labels are 0 ... k-1 and every class occurs in both splits; numbers to predict are finite and vary."""
    data = subject.data
    for words, split in (("training", data.train), ("test", data.test)):
        targets = split.targets
        if targets is None:
            require(
                data.classes is None, f"There are CLASSES, but the {words} split has no labels."
            )
        elif data.classes is not None:
            absent = sorted(set(range(len(data.classes))) - set(np.unique(targets).tolist()))
            names = ", ".join(data.classes[at] for at in absent[:5])
            require(
                not absent, f"The {words} split has no example of {len(absent)} classes: {names}."
            )
        elif targets.dtype.kind in "fiu":
            require(np.isfinite(targets).all(), f"A target of the {words} split is not finite.")
            require(np.ptp(targets) > 0, f"All targets of the {words} split are the same number.")


def check_ranges(subject: DatasetSubject) -> None:
    """Inputs are finite and vary; the two splits have the same scale; images and volumes are in [0, 1]."""
    figures: dict[str, tuple[float, float]] = {}
    for words, split in (("training", subject.data.train), ("test", subject.data.test)):
        lowest, highest, mean, deviation = _range(split)
        require(
            np.isfinite([lowest, highest]).all(), f"An input of the {words} split is not finite."
        )
        require(deviation > 0, f"All numbers of the {words} split are the same.")
        if example_kind(subject.data.input_shape) in ("image", "volume"):
            require(
                lowest >= -RANGE_TOLERANCE and highest <= 1 + RANGE_TOLERANCE,
                f"The {words} split has values from {lowest:.3g} to {highest:.3g}. Expected: 0 to 1.",
            )
        figures[words] = mean, deviation
    (mean, deviation), (other, _) = figures["training"], figures["test"]
    require(
        abs(mean - other) <= deviation,
        f"The mean of the test split is {other:.3g}, that of the training split {mean:.3g}, with a "
        f"standard deviation of {deviation:.3g}: are both scaled in the same way?",
    )


def check_trains(subject: DatasetSubject) -> None:
    """A small network trains on the first examples, and is measured."""
    data = few_of(subject.data)
    if data.classes is None and data.outputs is None:
        raise SkipCheck("there are neither classes nor numbers to predict")
    task = "regression" if data.classes is None else "classification"
    settings: dict[str, Any] = {
        "progress": False,
        "epochs": 1,
        "batch_size": 8,
        "units": [4],
        "task": task,
    }
    run = train("mlp", data=data, out=subject.folder / "run", **settings)
    require(run.metrics, "The network was not measured.")


def _raising_module(error: BaseException) -> str:
    """Return the name of the module that raised an error."""
    name, traceback = "", error.__traceback__
    while traceback is not None:
        name, traceback = str(traceback.tb_frame.f_globals.get("__name__")), traceback.tb_next
    return name


def _digests(split: Split) -> Iterator[bytes]:
    """Yield a hash of each example with its target."""
    for start in range(0, len(split), BLOCK):
        inputs = np.asarray(split.stored[start : start + BLOCK])
        targets = None if split.targets is None else split.targets[start : start + BLOCK]
        for at, example in enumerate(inputs):
            target = b"" if targets is None else np.ascontiguousarray(targets[at]).tobytes()
            yield hashlib.sha256(np.ascontiguousarray(example).tobytes() + target).digest()


def _range(split: Split) -> tuple[float, float, float, float]:
    """Return the smallest and the largest number of a split, the mean and the standard deviation."""
    lowest, highest, total, squares, count = np.inf, -np.inf, 0.0, 0.0, 0
    for batch in split.batches(BLOCK):
        values: Array = batch.astype(np.float64)
        lowest, highest = min(lowest, values.min()), max(highest, values.max())
        total, squares, count = (
            total + values.sum(),
            squares + (values**2).sum(),
            count + values.size,
        )
    mean = total / count
    return (
        float(lowest),
        float(highest),
        float(mean),
        float(np.sqrt(max(squares / count - mean**2, 0))),
    )


LOADED = ("facts",)
CHECKS: Mapping[str, Check] = {
    "declarations": Check(check_declarations, fast=True),
    "facts": Check(check_facts, ("declarations",), fast=True),
    "same-bytes": Check(check_same_bytes, LOADED),
    "splits": Check(check_splits, LOADED, fast=True),
    "targets": Check(check_targets, LOADED, fast=True),
    "ranges": Check(check_ranges, LOADED, fast=True),
    "trains": Check(check_trains, LOADED, slow=True),
}
