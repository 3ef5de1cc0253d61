"""The peak memory of the gate against that of the bare writes, for a large model and each format.

    python benchmarks/large.py > benchmarks/results/large.md
    python benchmarks/large.py --width 10000 --formats onnx    # 600 million parameters, beyond 2 GiB
    python benchmarks/large.py --task gate --format onnx --folder DIR    # one measurement, in this process

The model has six dense layers of WIDTH x WIDTH. Each measurement is a process of its own, which builds the
model and writes it, through the gate or by Keras and tf2onnx alone. The memory is the sum of the
proportional set sizes (PSS) of the process and its children, read every 50 ms: pages that processes share
count once. Beyond 2 GiB tf2onnx fails, so there the gate is compared with the memory of the weights.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

FORMATS = ("keras", "h5", "saved-model", "onnx")
LAYERS, INTERVAL = 6, 0.05


def run_task(task: str, name: str, width: int, folder: Path) -> None:
    import keras

    inputs = keras.Input((width,), name="inputs")
    x = inputs
    for number in range(LAYERS):
        x = keras.layers.Dense(width, "relu" if number < LAYERS - 1 else None)(x)
    model = keras.Model(inputs, x)
    if task == "gate":
        import zoo

        zoo.export(model, [name], out=folder / "export")
    elif task == "bare":
        from bare_writes import WRITERS

        WRITERS[name](model, folder)


def pss(pid: int) -> int:
    """Return the proportional set size of a process and its descendants, in bytes."""
    total = 0
    for each in [pid, *descendants(pid)]:
        try:
            text = Path(f"/proc/{each}/smaps_rollup").read_text()
        except OSError:
            continue  # it has just ended
        total += next(int(s.split()[1]) for s in text.splitlines() if s.startswith("Pss:"))
    return total * 1024


def descendants(pid: int) -> list[int]:
    """Return all processes below a process."""
    found: list[int] = []
    try:
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in map(int, (task / "children").read_text().split()):
                found += [child, *descendants(child)]
    except OSError:
        pass  # it has just ended
    return found


def peak_memory(task: str, name: str, width: int) -> tuple[float, float, str]:
    """Return the peak in GB, the seconds, and the last line of an error."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, __file__, "--task", task, "--format", name]
        command += ["--width", str(width), "--folder", folder]
        started, peak = time.perf_counter(), 0
        with tempfile.TemporaryFile("w+") as errors:
            process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=errors)
            while process.poll() is None:
                peak = max(peak, pss(process.pid))
                time.sleep(INTERVAL)
            errors.seek(0)
            lines = errors.read().strip().splitlines()
        problem = lines[-1][:150] if process.returncode else ""
    return peak / 1e9, time.perf_counter() - started, problem


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--width", type=int, default=4096)
    parser.add_argument("--formats", default=",".join(FORMATS))
    parser.add_argument("--task", choices=("bare", "gate"))
    parser.add_argument("--format", choices=FORMATS)
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    if options.task:
        return run_task(options.task, options.format, options.width, options.folder)
    count = LAYERS * options.width * (options.width + 1)
    print(f"{count:,} parameters, {4 * count / 1e9:.2f} GB of weights\n")
    print("| format | bare writes, GB | the gate, GB | ratio | bare, s | the gate, s |")
    print("|---|---|---|---|---|---|", flush=True)
    for name in options.formats.split(","):
        bare, bare_seconds, problem = peak_memory("bare", name, options.width)
        gate, gate_seconds, failure = peak_memory("gate", name, options.width)
        ratio = "" if problem or failure else f"{gate / bare:.2f}"
        bare_cell = f"fails: {problem}" if problem else f"{bare:.2f}"
        gate_cell = f"fails: {failure}" if failure else f"{gate:.2f}"
        print(
            f"| {name} | {bare_cell} | {gate_cell} | {ratio} | {bare_seconds:.0f} | {gate_seconds:.0f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
