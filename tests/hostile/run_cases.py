"""Runs from strangers: each case changes one thing in a copy of an honest run."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from zoo.testing.hostile.h5_cases import CHANGES

Change = Callable[[Path], Any]
FILES = ("run.json", "metrics.json", "history.csv", "model.weights.h5")


def record(**changes: Any) -> Change:
    """Return a change of entries of run.json."""

    def change(run: Path) -> None:
        stored = json.loads((run / "run.json").read_text())
        (run / "run.json").write_text(json.dumps({**stored, **changes}))

    return change


def config(**changes: Any) -> Change:
    """Return a change of settings in run.json."""

    def change(run: Path) -> None:
        stored = json.loads((run / "run.json").read_text())
        record(config={**stored["config"], **changes})(run)

    return change


def dataset(**changes: Any) -> Change:
    """Return a change of entries of the data set in run.json."""

    def change(run: Path) -> None:
        stored = json.loads((run / "run.json").read_text())
        record(dataset={**stored["dataset"], **changes})(run)

    return change


def text(name: str, content: str | bytes) -> Change:
    """Return the change of a whole file."""
    data = content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass")
    return lambda run: (run / name).write_bytes(data)


def special(name: str, kind: str) -> Change:
    """Return the replacement of a file by a pipe, a device, a link or a folder."""

    def change(run: Path) -> None:
        file = run / name
        file.parent.mkdir(exist_ok=True)
        if file.is_dir() and not file.is_symlink():
            shutil.rmtree(file)
        file.unlink(missing_ok=True)
        if kind == "pipe":
            os.mkfifo(file)
        elif kind == "folder":
            file.mkdir()
        else:
            targets = {"device": "/dev/zero", "itself": file.name, "outside": "/etc/passwd"}
            targets |= {"elsewhere": "../elsewhere"}  # a folder
            file.symlink_to(targets[kind])

    return change


def weights(change: Callable[[Any], None], run: Path) -> None:
    """Change the weights file."""
    with h5py.File(run / "model.weights.h5", "a") as file:
        change(file)


def empty_array(file: Any) -> None:
    """Replace an array of the weights by one without a shape, which holds nothing."""
    names: list[str] = []
    file.visititems(lambda name, item: names.append(name) if hasattr(item, "shape") else None)
    del file[names[0]]
    file.create_dataset(names[0], data=h5py.Empty("f4"))


def checkpoint(run: Path, **arrays: Any) -> None:
    """Write a checkpoint, of a run that is interrupted."""
    (run / "checkpoint").mkdir(exist_ok=True)
    np.savez(run / "checkpoint" / "state.npz", **arrays)
    record(state="interrupted")(run)


def checkpoint_bomb(run: Path) -> None:
    """Write a checkpoint that unpacks to 400 MB."""
    (run / "checkpoint").mkdir(exist_ok=True)
    np.savez_compressed(
        run / "checkpoint" / "state.npz", epoch=np.int64(1), **{"0": np.zeros(10**8, "f4")}
    )
    record(state="interrupted")(run)


def checkpoint_of(change: Callable[[dict[str, Any]], None]) -> Change:
    """Return a change of the arrays of the run's own checkpoint."""

    def write(run: Path) -> None:
        with np.load(run / "checkpoint" / "state.npz") as stored:
            arrays = dict(stored)
        change(arrays)
        checkpoint(run, **arrays)

    return write


REFUSED: dict[str, Change] = {  # `zoo show RUN --layers` or `zoo export RUN` refuses them
    **{
        f"run.json: {kind}": special("run.json", kind)
        for kind in ("pipe", "device", "itself", "outside")
    },
    **{
        f"weights: {kind}": special("model.weights.h5", kind)
        for kind in ("pipe", "device", "itself", "outside", "folder")
    },
    **{
        f"weights: {name}": partial(weights, change)
        for name, change in CHANGES.items()
        if "101" not in name
    },
    "weights: an array without a shape": partial(weights, empty_array),
    "run.json: nested lists": text("run.json", "[" * 100_000),
    "run.json: a list": text("run.json", "[]"),
    "run.json: no UTF-8": text("run.json", b"\xff\xfe"),
    "run.json: a number of 5,000 digits": text("run.json", '{"name": ' + "9" * 5000 + "}"),
    "run.json: empty": text("run.json", ""),
    "run.json: 20 MB": text("run.json", " " * 20 * 2**20),
    "name: a path": record(name="../../x"),
    "name: an escape": record(name="\x1b[31mx"),
    "name: a number": record(name=3),
    "name: nothing": record(name=""),
    "name: two lines": record(name="mlp\nx"),
    "name: a command": record(name="mlp; touch x"),
    "parts: a number": record(parts={"classifier": 3}),
    "parts: no shape": record(parts={"classifier": {"inputs": [{"name": "x"}], "outputs": []}}),
    "an unknown entry: NaN": record(unknown=float("nan")),
    "an unknown entry: half a letter": record(unknown="\ud800"),
    "architecture: unknown": record(architecture="evil"),
    "architecture: a path": record(architecture="../evil"),
    "architecture: a list": record(architecture=["mlp"]),
    "config: a list": record(config=[]),
    "config: unknown": config(evil=1),
    "dataset: a text": record(dataset="digits"),
    "state: unknown": record(state="gone"),
    "seed: a text": record(seed="x"),
    "seed: huge": record(seed=10**30),
    "seed: beyond 32 bits": record(seed=2**32),
    "seed: below 0": record(seed=-1),
    "compute: a billion threads": record(compute={"backend": "tensorflow", "threads": 10**9}),
    "compute: a backend that is a list": record(compute={"backend": ["tensorflow"]}),
    "name: the folder above": record(name=".."),
    "config: NaN": config(epochs=float("nan")),
    "package: a list": record(package=["x"]),
    "compute: a text": record(compute="x"),
    "compute: oneDNN is a list": record(compute={"onednn": [1]}),
    "compute: XLA is a text": record(compute={"xla": "x", "xla_reason": 3}),
    "compute: a billion steps": record(compute={"xla": True, "steps_per_execution": 10**9}),
    "versions: a list": record(versions=[1]),
    "from: a text": record(**{"from": "x"}),
    "classes: a number": dataset(classes=3),
    "classes: numbers": dataset(classes=[1, 2]),
    "source: a list": dataset(source=["digits"]),
    "input_shape: texts": dataset(input_shape=["a"]),
    "config.classes: 10 ** 9": config(classes=10**9),
    "config.classes: 10 ** 30": config(classes=10**30),
    "config.units: 10 ** 9": config(units=[10**9]),
    "config.units: 30,000 twice": config(units=[30_000, 30_000]),
    "config.units: 10,000 layers": config(units=[1] * 10_000),
    "config.units: 1,000 layers": config(units=[32] * 1_000),
    "config.units: a text": config(units="x"),
    "config.units: nested": config(units=[[[[1]]]]),
    "config.epochs: a truth": config(epochs=True),
    "config.input_shape: a number": config(input_shape=3),
    "config.input_shape: 100 sizes": config(input_shape=[2] * 100),
    "config.input_shape: 10 ** 9": config(input_shape=[10**9, 10**9, 1]),
    "cnn with 10 ** 9 convolutions": lambda run: record(
        architecture="cnn", config={"convolutions": 10**9, "input_shape": [8, 8, 1], "classes": 10}
    )(run),
    "cnn with 10 ** 9 blocks": lambda run: record(
        architecture="cnn", config={"blocks": 10**9, "input_shape": [8, 8, 1], "classes": 10}
    )(run),
    "weights: empty": text("model.weights.h5", b""),
    "weights: noise": text("model.weights.h5", b"\x89HDF\r\n\x1a\n" + b"\1" * 3000),
    "weights: a zip": text("model.weights.h5", b"PK\x05\x06" + b"\0" * 18),
    "weights: missing": lambda run: (run / "model.weights.h5").unlink(),
}
RESUMED: dict[str, Change] = {  # `zoo train --resume` refuses them
    "checkpoint: a bomb": checkpoint_bomb,
    "checkpoint: no epoch": lambda run: checkpoint(run, x=np.zeros(3)),
    "checkpoint: an epoch below 0": lambda run: checkpoint(run, epoch=np.int64(-1)),
    "checkpoint: an epoch that is a text": lambda run: checkpoint(run, epoch=np.array("x")),
    "checkpoint: an epoch of three": lambda run: checkpoint(run, epoch=np.arange(3)),
    "checkpoint: texts": lambda run: checkpoint(run, epoch=np.int64(1), **{"0": np.array(["x"])}),
    "checkpoint: names": lambda run: checkpoint(run, epoch=np.int64(1), evil=np.zeros(3)),
    "checkpoint: too few": lambda run: checkpoint(run, epoch=np.int64(1), **{"0": np.zeros(3)}),
    "checkpoint: complex numbers": checkpoint_of(
        lambda arrays: arrays.update({"0": arrays["0"].astype("c8")})
    ),
    "checkpoint: one more axis": checkpoint_of(
        lambda arrays: arrays.update({"0": arrays["0"][None]})
    ),
    "checkpoint: a name that leads elsewhere": checkpoint_of(
        lambda arrays: arrays.update({"evil/../x": np.zeros(2)})
    ),
    "checkpoint: half an epoch": checkpoint_of(lambda arrays: arrays.update(epoch=np.float64(0.5))),
    "checkpoint: a link to a folder": lambda run: (
        (run.parent / "elsewhere").mkdir(),
        special("checkpoint", "elsewhere")(run),
        record(state="interrupted")(run),
    ),
    "pictures: a link to a folder": lambda run: (
        checkpoint(run, epoch=np.int64(1)),
        (run.parent / "elsewhere").mkdir(),
        special("pictures", "elsewhere")(run),
    ),
    "lock: a link to a file": lambda run: (
        checkpoint(run, epoch=np.int64(1)),
        special(".lock", "outside")(run),
    ),
    "history: an epoch of 300 digits": lambda run: (
        checkpoint(run, epoch=np.int64(1)),
        text("history.csv", "epoch,loss\n1e300,1\n")(run),
    ),
    "checkpoint: no zip": lambda run: (
        checkpoint(run, x=1),
        text("checkpoint/state.npz", b"x")(run),
    ),
}
HIDDEN: dict[str, Change] = (
    {  # `zoo runs` and `zoo compare` show the other runs, and what is wrong
        f"{name}: {what}": text(name, content)
        for name in ("metrics.json", "history.csv")
        for what, content in {
            "no UTF-8": b"\xff\xfe",
            "nested lists": "[" * 100_000,
            "texts": '{"accuracy": "high"}' if name == "metrics.json" else "epoch,loss\n1,high\n",
            "lists": '{"accuracy": [1]}' if name == "metrics.json" else "epoch,loss\n1,2,3\n",
            "a huge number": '{"accuracy": ' + "9" * 400 + "}"
            if name == "metrics.json"
            else "a\n1\n",
            "17 MB": " " * 17 * 2**20,
        }.items()
    }
    | {
        "metrics.json: half a letter": text("metrics.json", '{"\\ud800": 1}'),
        "history.csv: an epoch without an end": text("history.csv", "epoch,loss\ninf,1\n"),
        "metrics.json: 90,000 numbers": text(
            "metrics.json", json.dumps({f"m{number}": 1 for number in range(90_000)})
        ),
    }
    | {
        f"{name}: {kind}": special(name, kind)
        for name in ("metrics.json", "history.csv")
        for kind in ("pipe", "device", "itself", "outside")
    }
)
