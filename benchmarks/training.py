"""Training speed of the zoo against what a user would write instead, one epoch each in turn.

    python benchmarks/training.py > benchmarks/results/training.md
    python benchmarks/training.py cnn mlp --rounds 3 --avx2 --peers ../bench-venv/bin/python

All ways of a task train the same network (equal parameter counts) with the same optimizer, on the same random
examples in batches of one size. turns.py says how they are measured. `--peers` is the interpreter that has
what requirements.txt lists.
"""

import argparse
import importlib
import sys
import tempfile
from pathlib import Path

from tasks import TASKS, Task
from turns import AVX2, Way, describe_machine, measure, medians, print_training_table, run_child

WAYS = {
    "zoo.train": "tensorflow_ways:train_with_zoo",
    "zoo.train, JAX": "tensorflow_ways:train_with_zoo",
    "TensorFlow": "tensorflow_ways:train_by_hand",
    "TensorFlow, XLA": "tensorflow_ways:train_by_hand_xla",
    "Keras fit": "tensorflow_ways:train_with_fit",
    "JAX": "jax_ways:train",
    "PyTorch": "torch_ways:train_eager",
    "PyTorch, compiled": "torch_ways:train_compiled",
}
HAND_WRITTEN_TENSORFLOW, PYTORCH = (
    ("TensorFlow", "TensorFlow, XLA"),
    ("PyTorch", "PyTorch, compiled"),
)
PEERS = Path(__file__).resolve().parents[2] / "bench-venv" / "bin" / "python"


def run_way(name: str, task: Task, epochs: int) -> None:
    """Run one way in this process, which `measure` has started."""
    if name.startswith("zoo.train"):
        importlib.import_module(
            "zoo"
        )  # it sets TensorFlow's kernels, before anything imports TensorFlow
    module, function = WAYS[name].split(":")
    train = getattr(importlib.import_module(module), function)
    run_child(lambda turns: train(task, turns), epochs)


def way(name: str, task: str, options: argparse.Namespace) -> Way:
    """Return a way of a task, as a process that calls this script."""
    python = options.peers if name in PYTORCH else sys.executable
    script = str(Path(__file__).resolve())
    command = [python, script, task, "--way", name, "--rounds", str(options.rounds)]
    command += ["--scale", str(options.scale)]
    environment = {"TF_CPP_MIN_LOG_LEVEL": "2"} | (AVX2 if options.avx2 else {})
    if not name.startswith("zoo.train"):  # the zoo chooses its kernels itself
        environment["TF_ENABLE_ONEDNN_OPTS"] = "1"
    if name == "zoo.train, JAX":
        environment["KERAS_BACKEND"] = "jax"
    return Way(name, command, environment)


def print_comparison(name: str, options: argparse.Namespace) -> None:
    """Print the table of one task, and the two ratios that have marks."""
    task = TASKS[name].scaled(options.scale)
    with tempfile.TemporaryDirectory() as folder:
        ways = [way(each, name, options) for each in options.ways.split(";")]
        ways = measure(ways, options.rounds, Path(folder))
    counts = {each.name: each.about["parameters"] for each in ways}
    assert len(set(counts.values())) == 1, counts
    size = f"{next(iter(counts.values())):,} parameters"
    print(f"## {name}: {size}, batches of {task.batch}, {task.steps} steps an epoch\n")
    print_training_table(ways, task.examples)
    for title, rivals in (("TensorFlow loop", HAND_WRITTEN_TENSORFLOW), ("PyTorch", PYTORCH)):
        best = min((medians(each) for each in ways if each.name in rivals), default=None)
        for own in (each for each in ways if best and each.name.startswith("zoo.train")):
            wall, cpu = medians(own)
            ratios = f"{best[0] / wall:.3f}x on the clock, {best[1] / cpu:.3f}x in CPU time"
            print(f"- {own.name}, against the faster {title}: {ratios}")
    versions = sorted({each.about["versions"] for each in ways})
    print(f"- {'; '.join(versions)}\n", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("tasks", nargs="*", choices=[[], *TASKS], default=[])
    parser.add_argument("--rounds", type=int, default=5, help="epochs of each way that count")
    parser.add_argument("--ways", default=";".join(WAYS), help="their names, with ; between them")
    parser.add_argument("--avx2", action="store_true", help="leave AVX-512 unused")
    parser.add_argument("--peers", default=str(PEERS), help="interpreter that has PyTorch")
    parser.add_argument("--scale", type=float, default=1.0, help="of the steps in an epoch")
    parser.add_argument("--way", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.way:
        task = TASKS[options.tasks[0]].scaled(options.scale)
        run_way(options.way, task, options.rounds + 3)
        return
    print(f"# Training\n\n{describe_machine(options.avx2)}\n", flush=True)
    for task in options.tasks or TASKS:
        print_comparison(task, options)


if __name__ == "__main__":
    main()
