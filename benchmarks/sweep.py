"""A sweep on two workers of Ray, against the same trials one after the other; and with a killed node.

python benchmarks/sweep.py > benchmarks/results/sweep.md

Both ways train the same 16 trials (one window, one seed), each with one thread. A time is that of the
whole command: start of Python and of Ray, import of TensorFlow in each process, the winner on the test
split. The ways take turns. The cluster of the second table has two nodes of one processor each.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from turns import describe_load, quiet_libraries

SPACE = {"learning_rate": "log(1e-4, 1e-1)", "filters": "[[8,16],[16,32],[32,64]]"}
TRIALS, WINDOW, WORKERS = 16, 8, 2


def command(out: Path, epochs: int, *more: str) -> list[str]:
    words = ["sweep", "cnn.digits", "--trials", str(TRIALS), "--metric", "val_accuracy", "--json"]
    words += [word for name, text in SPACE.items() for word in ("--space", f"{name}={text}")]
    words += ["--set", f"epochs={epochs}", "--set", "threads=1", "--window", str(WINDOW)]
    return [sys.executable, "-m", "zoo", *words, "--out", str(out), *more]


def run(out: Path, epochs: int, *more: str) -> tuple[float, dict[str, Any]]:
    """Return the seconds of a sweep, and what it printed."""
    start = time.perf_counter()
    done = subprocess.run(command(out, epochs, *more), capture_output=True, text=True, check=True)
    return time.perf_counter() - start, json.loads(done.stdout)


def outcomes(found: dict[str, Any]) -> list[Any]:
    return [[t["state"], t["value"], t["epochs"], t["settings"]] for t in found["trials"]]


def times(folder: Path, epochs: int, rounds: int) -> dict[str, Any]:
    """Print the times of both ways; return the outcome of the first."""
    seconds: dict[str, list[float]] = {"one after the other": [], f"{WORKERS} workers": []}
    found: dict[str, dict[str, Any]] = {}
    for number in range(rounds):
        for way in list(seconds)[:: 1 if number % 2 else -1]:
            more = ("--workers", str(WORKERS)) if "workers" in way else ()
            took, found[way] = run(folder / f"{way}-{number}", epochs, *more)
            seconds[way].append(took)
            print(f"{way}: {took:.0f} s, load {os.getloadavg()[0]:.1f}", file=sys.stderr)
    one, other = found.values()
    medians = {way: statistics.median(each) for way, each in seconds.items()}
    base = medians["one after the other"]
    print("| | seconds | ratio | all rounds |\n|---|---|---|---|")
    for way, median in medians.items():
        rounds_text = ", ".join(f"{each:.0f}" for each in seconds[way])
        print(f"| {way} | {median:.0f} | {median / base:.2f} | {rounds_text} |")
    print(
        f"\nThe outcomes of both are equal: {'yes' if outcomes(one) == outcomes(other) else 'NO'}."
    )
    return one


def killed(folder: Path, epochs: int, calm: dict[str, Any]) -> None:
    """Print what becomes of a sweep one of whose two nodes is killed after half of the trials."""
    from ray.cluster_utils import Cluster

    cluster = Cluster(
        initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False}
    )
    node = cluster.add_node(num_cpus=1)
    more = ("--workers", str(WORKERS), "--address", cluster.address)
    words = command(folder / "killed", epochs, *more)
    lines: list[str] = []
    with subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        assert process.stderr
        ended = 0
        for line in process.stderr:
            print(line, end="", file=sys.stderr)
            lines.append(line)
            ended += line.startswith("trial") and "worker is lost" not in line
            if ended == TRIALS // 2 and node is not None:
                cluster.remove_node(node, allow_graceful=False)
                node = None
                cluster.add_node(num_cpus=1)
        found = json.loads(process.stdout.read())
    cluster.shutdown()
    states = [trial["state"] for trial in found["trials"]]
    numbers = [line.split()[1] for line in lines if line.startswith("trial") and "lost" not in line]
    lost = sum("worker is lost" in line for line in lines)
    rows = {
        "trials that finished": states.count("finished"),
        "trials that ASHA stopped": states.count("stopped"),
        "other trials": len(states) - states.count("finished") - states.count("stopped"),
        "trials whose worker was lost, and that went on from their last epoch": lost,
        "trials that ended more than once": len(numbers) - len(set(numbers)),
        "best trial, with and without the kill": f"{found['best']} and {calm['best']}",
        "every outcome equal to that without the kill": "yes"
        if outcomes(found) == outcomes(calm)
        else "NO",
    }
    print("\nA node killed after 8 trials\n\n| | |\n|---|---|")
    for name, value in rows.items():
        print(f"| {name} | {value} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--epochs", type=int, default=27)
    parser.add_argument("--only-kill", action="store_true")
    options = parser.parse_args()
    quiet_libraries()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        settings = ", ".join(f"{name}={text}" for name, text in SPACE.items())
        print(f"cnn.digits, {TRIALS} trials of at most {options.epochs} epochs, {settings}")
        print(f"{describe_load()}\n")
        if options.only_kill:
            calm = run(folder / "calm", options.epochs, "--workers", str(WORKERS))[1]
        else:
            calm = times(folder, options.epochs, options.rounds)
        killed(folder, options.epochs, calm)


if __name__ == "__main__":
    main()
