"""What the checks of a model file cost: as a share of Keras' own load, and in milliseconds.

    python benchmarks/checks.py [--rounds 9] > benchmarks/results/checks.md

For each file, Keras' `load_model` and the zoo's `open_model_file` take turns; the figures are medians of
processor time, that of forked processes included, since other processes may be busy. What a load has freed
is put in order before the next way begins: that takes 0.2 ms, which no check causes. The checks are what
stands before Keras: sizes, links and names. `first` is their time in a new process, as in a command of the
shell, which looks at a file before it imports Keras.
"""

import argparse
import gc
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

FIRST = """
import resource, sys
from pathlib import Path
from zoo.io.foreign.model_file import inspect_model_file
def seconds():
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)
start = seconds()
inspect_model_file(Path(sys.argv[1]))
print(seconds() - start)
"""


def main(rounds: int, only: str) -> None:
    import keras

    def row_of_dense(units: int, count: int) -> keras.Model:
        layers = [keras.layers.Dense(units) for _ in range(count)]
        return keras.Sequential([keras.Input((16,)), *layers])

    models = {
        "one dense layer": lambda: row_of_dense(10, 1),
        "100 dense layers": lambda: row_of_dense(16, 100),
        "MobileNetV2": lambda: keras.applications.MobileNetV2(weights=None),
        "ResNet50": lambda: keras.applications.ResNet50(weights=None),
        "192 MB, 4 layers": lambda: row_of_dense(4000, 4),
    }
    print("# The checks of a model file\n")
    print("| file | MB | Keras loads | the zoo opens | ratio | checks | share | first |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|")
    with tempfile.TemporaryDirectory() as folder:
        for name, build in models.items():
            model = build() if only in name else None
            for suffix in ("keras", "h5") if model is not None else ():
                path = Path(folder, f"model.{suffix}")
                model.save(path)
                print(f"| {name}, .{suffix} | {row(path, rounds)} |", flush=True)
                path.unlink()


def seconds() -> float:
    """Return the processor time of this process and of its children."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def settle_memory() -> None:
    """Let the C library put what the way before has freed in order: the first larger buffer pays for that."""
    gc.collect()
    bytearray(2**16)


def row(path: Path, rounds: int) -> str:
    import keras

    from zoo.io.foreign import model_file
    from zoo.io.foreign.keras_objects import check_objects
    from zoo.runtimes.python.keras import open_model_file

    def check() -> None:
        check_objects(model_file.inspect_model_file(path), path)

    ways = {
        "keras": lambda: keras.saving.load_model(path, compile=False),
        "zoo": lambda: open_model_file(path),
        "checks": check,
    }
    times: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(rounds + 1):
        for name, function in ways.items():
            model_file._PASSED.clear()  # what passed before is not looked at again
            settle_memory()
            start = seconds()
            function()
            if turn:
                times[name].append(seconds() - start)
            keras.utils.clear_session()
    first = subprocess.run(
        [sys.executable, "-c", FIRST, path], capture_output=True, text=True, check=True
    )
    keras_, zoo, checks = (statistics.median(times[name]) for name in ways)
    return (
        f"{path.stat().st_size / 1e6:.2f} | {1e3 * keras_:.1f} ms | {1e3 * zoo:.1f} ms | {zoo / keras_:.2f} "
        f"| {1e3 * checks:.1f} ms | {checks / keras_:.1%} | {1e3 * float(first.stdout):.1f} ms"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--only", default="", help="a part of the names of the files")
    options = parser.parse_args()
    main(options.rounds, options.only)
