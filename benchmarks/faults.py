"""Trainings that are killed at random moments, and resumed: weights, figures and pictures stay the same.

    python benchmarks/faults.py                       # the eight architectures, 5 kills each: minutes
    python benchmarks/faults.py vae.digits --kills 2

Each model is trained once without a kill. Then it is trained again in a new folder for each kill: the process
is killed by SIGKILL, and `--resume` goes on until the run is finished. The moments are random over the
whole training, but the last one: there the weights are saved, and nothing is measured yet. The bytes
of metrics.json and of every picture, and the arrays of model.weights.h5, are compared with the first run's.

This process imports Keras once and forks for each training, so that a training of a second takes a second.
"""

import argparse
import importlib
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np

MODELS = {
    "autoencoder.digits": {"epochs": 3},
    "cnn.digits": {"epochs": 3},
    "cnn-vis.digits": {},
    "dcgan.digits": {"epochs": 3},
    "deblur-gan.digits": {"epochs": 2},
    "mlp.digits": {"epochs": 4},
    "novelty-gan.digits": {"epochs": 2},
    "vae.digits": {"epochs": 3},
}
LONGEST = 600.0  # seconds of one training
WEIGHTS = Path(__file__).resolve().parents[1] / "weights/keras_zoo_weights"


@dataclass
class Outcome:
    """The kills of one model, and what differed from the run without a kill."""

    model: str
    seconds: float
    states: list[str]
    differences: list[str]


def main() -> None:
    """Kill, resume, compare, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("models", nargs="*", default=list(MODELS))
    parser.add_argument("--kills", type=int, default=5)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("ZOO_WEIGHTS", str(WEIGHTS))  # cnn-vis looks into cnn.digits
    for module in ("keras", "tensorflow", "zoo.runs.training", "zoo.runs.callbacks.checkpoint"):
        importlib.import_module(module)
    moments = random.Random(options.seed)
    print("| model | seconds | killed while | differences |\n|---|---:|---|---|")
    failed = False
    for model in options.models:
        outcome = kill_and_compare(model, options.kills, moments)
        failed = failed or bool(outcome.differences)
        found = "; ".join(outcome.differences) or "none"
        states = ", ".join(outcome.states)
        print(f"| {model} | {outcome.seconds:.1f} | {states} | {found} |", flush=True)
    sys.exit(int(failed))


def kill_and_compare(model: str, kills: int, moments: random.Random) -> Outcome:
    """Train without a kill, then with one kill in each of several runs."""
    place = Path(tempfile.mkdtemp(prefix="faults-"))
    try:
        expected = place / "whole"
        start = time.monotonic()
        finish(model, expected)
        seconds = time.monotonic() - start
        outcome = Outcome(model, seconds, [], [])
        for number in range(kills):
            run = place / f"killed-{number}"
            moment = start_at = moments.uniform(0.05, 1.0) * seconds
            is_last = number == kills - 1
            ends = (lambda run=run: state(run) == "trained") if is_last else after(moment)
            train_and_kill(model, run, ends)
            outcome.states.append(describe(run, start_at))
            finish(model, run)
            outcome.differences += [f"{number}: {each}" for each in differences(expected, run)]
        return outcome
    finally:
        shutil.rmtree(place, ignore_errors=True)


def after(seconds: float) -> Callable[[], bool]:
    """Return a function that says whether so many seconds have passed since it was made."""
    end = time.monotonic() + seconds
    return lambda: time.monotonic() >= end


def finish(model: str, run: Path) -> None:
    """Train, or go on, until the run is finished."""
    child = start_training(model, run)
    if code := os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]):
        raise SystemExit(f"{model}: the training ended with {code}; see {run}")


def train_and_kill(model: str, run: Path, ends: Callable[[], bool]) -> None:
    """Start a training, and kill it once a function says so; it may be finished by then."""
    child, deadline = start_training(model, run), after(LONGEST)
    while not ends() and not deadline():
        if os.waitpid(child, os.WNOHANG)[0]:
            return
        time.sleep(0.002)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


def start_training(model: str, run: Path) -> int:
    """Train in a new process, or go on with what a killed one left; return the process."""
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        from zoo.runs.training import train_model

        out = os.open(os.devnull, os.O_WRONLY)
        os.dup2(out, 1)
        exists = (run / "run.json").exists()
        is_finished = exists and state(run) == "finished"
        if not is_finished:
            train_model(model, MODELS.get(model, {}), out=run, resume=exists)
        code = 0
    except BaseException as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
    finally:
        os._exit(code)


def state(run: Path) -> str:
    """Return the state in run.json; nothing where there is none."""
    try:
        return str(json.loads((run / "run.json").read_text("utf-8"))["state"])
    except (OSError, ValueError):
        return ""


def describe(run: Path, moment: float) -> str:
    """Return what a kill met."""
    history = run / "history.csv"
    epochs = len(history.read_text("utf-8").splitlines()) - 1 if history.exists() else 0
    return f"{state(run) or 'not begun'} (epoch {epochs})"


def differences(expected: Path, received: Path) -> list[str]:
    """Return which results of two runs differ."""
    found = []
    if state(received) != "finished":
        found.append(f"the run is {state(received)}")
    for name in sorted({*results(expected), *results(received)}):
        one, other = expected / name, received / name
        if not (one.exists() and other.exists()):
            found.append(f"{name} is missing")
        elif name.endswith(".h5"):
            found += [] if same_arrays(one, other) else [f"{name} differs"]
        elif one.read_bytes() != other.read_bytes():
            found.append(f"{name} differs")
    left = [item.name for item in received.rglob(".zoo-*")]
    return found + [f"{name} is left over" for name in left]


def results(run: Path) -> list[str]:
    """Return the names of what a run is judged by."""
    pictures = [f"pictures/{item.name}" for item in (run / "pictures").glob("*")]
    return ["model.weights.h5", "metrics.json", *pictures]


def same_arrays(one: Path, other: Path) -> bool:
    """Return whether two HDF5 files hold the same arrays, bit for bit."""
    values = []
    for path in (one, other):
        arrays: dict[str, bytes] = {}
        with h5py.File(path) as file:
            file.visititems(
                lambda name, item, arrays=arrays: (
                    arrays.update({name: np.asarray(item).tobytes()})
                    if isinstance(item, h5py.Dataset)
                    else None
                )
            )
        values.append(arrays)
    return values[0] == values[1]


if __name__ == "__main__":
    main()
