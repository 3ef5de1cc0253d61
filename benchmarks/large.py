"""The peak memory of the gate against that of the bare writes, for a large model and each format.

    python benchmarks/large.py > benchmarks/results/large.md
    python benchmarks/large.py --width 10000 --formats onnx    # 600 million parameters, beyond 2 GiB
    python benchmarks/large.py --task gate --format onnx --folder DIR    # one measurement, in this process

The model has six dense layers of WIDTH x WIDTH. Each measurement is a process of its own, which opens the
model's .keras file and writes it, through the gate or by Keras and tf2onnx alone. The memory is the sum of
the proportional set sizes (PSS) of the process and its children, read every 0.2 s: pages that processes
share count once.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

FORMATS = ("keras", "h5", "saved-model", "onnx")
LAYERS, INTERVAL = 6, 0.2


def run_task(task: str, name: str, width: int, folder: Path) -> None:
    import keras

    path = folder / "model.keras"
    if task == "gate":
        import zoo

        zoo.export(path, [name], out=folder / "export")
    elif task == "bare":
        from bare_writes import WRITERS

        (folder / "bare").mkdir()
        WRITERS[name](keras.saving.load_model(path, compile=False), folder / "bare")
    else:
        x = inputs = keras.Input((width,), name="inputs")
        for number in range(LAYERS):
            x = keras.layers.Dense(width, "relu" if number < LAYERS - 1 else None)(x)
        keras.Model(inputs, x).save(path)


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


def peak_memory(task: str, name: str, width: int, folder: Path) -> tuple[float, float, str]:
    """Return the peak in GB, the seconds, and the last line of an error."""
    command = [sys.executable, __file__, "--task", task, "--format", name]
    command += ["--width", str(width), "--folder", str(folder)]
    started, peak = time.perf_counter(), 0
    with tempfile.TemporaryFile("w+") as errors:
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=errors)
        while process.poll() is None:
            peak = max(peak, pss(process.pid))
            time.sleep(INTERVAL)
        errors.seek(0)
        lines = errors.read().strip().splitlines()
    for written in ("export", "bare"):
        shutil.rmtree(folder / written, ignore_errors=True)
    problem = lines[-1][:150] if process.returncode else ""
    return peak / 1e9, time.perf_counter() - started, problem


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--width", type=int, default=4096)
    parser.add_argument("--formats", default=",".join(FORMATS))
    parser.add_argument("--task", choices=("build", "bare", "gate"))
    parser.add_argument("--format", choices=FORMATS)
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    if options.task:
        return run_task(options.task, options.format, options.width, options.folder)
    count = LAYERS * options.width * (options.width + 1)
    print(f"{count:,} parameters, {4 * count / 1e9:.2f} GB of weights\n")
    print("| format | bare writes, GB | the gate, GB | ratio | bare, s | the gate, s |")
    print("|---|---|---|---|---|---|", flush=True)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        peak_memory("build", "keras", options.width, folder)
        for name in options.formats.split(","):
            bare, bare_seconds, problem = peak_memory("bare", name, options.width, folder)
            gate, gate_seconds, failure = peak_memory("gate", name, options.width, folder)
            cells = [
                name,
                f"fails: {problem}" if problem else f"{bare:.2f}",
                f"fails: {failure}" if failure else f"{gate:.2f}",
                "" if problem or failure else f"{gate / bare:.2f}",
                f"{bare_seconds:.0f}",
                f"{gate_seconds:.0f}",
            ]
            print(f"| {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
