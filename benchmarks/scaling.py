"""How the time of a step grows with workers, batch and network: measured at 1, 2 and 3 workers, and modelled.

    python benchmarks/scaling.py measure scaling.json     # about 15 minutes
    python benchmarks/scaling.py fit scaling.json         # prints the figures of docs/scaling.md

The model of a step of n workers, each with c cores, a batch of b examples and a network of p parameters:

    t = a + f b / (n c) + m (n - 1) + 8 p (n - 1) / (n r)

a is what a step costs whatever its size, f the core seconds of one example, m the latency that each further
worker adds to a step, and r the bytes that a worker sends and receives in a second: a ring sends
2 (n - 1) / n times the gradients, of 4 bytes each. a and f belong to the network, m and r to the machines. On
this machine all workers share the same cores, so n c is at most their number.
"""

import argparse
import json
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import workers
from scipy.optimize import nnls
from turns import describe_machine

CORES = 2
EXAMPLES = 1920
NODE_CORES, MOST_NODES = 16, 1024  # of the clusters that are computed
FILTERS = {"small": "[16,32]", "medium": "[32,64]", "wide": "[48,192]"}
BATCHES = (24, 48, 96, 192)
COUNTS = (1, 2, 3)
PARAMETERS_SETTINGS = ("convolutions=1", "epochs=3", "dropout=0", "head_dropout=0")
# bytes a second of a connection, seconds of its latency
NETWORKS = {"1 Gbit/s": (0.117e9, 1e-4), "10 Gbit/s": (1.17e9, 5e-5), "100 Gbit/s": (11.7e9, 1e-5)}


def measure(file: Path, rounds: int) -> None:
    """Measure all networks, batches and numbers of workers, and write the points into a file."""
    points = []
    before = os.getloadavg()[0]
    for network, filters in FILTERS.items():
        for batch in BATCHES:
            settings = (*PARAMETERS_SETTINGS, f"filters={filters}", f"batch_size={batch}")
            timings = workers.measure("cnn", list(COUNTS), rounds, EXAMPLES, settings)
            for count, own in timings.items():
                seconds = workers.epoch_seconds(own) / (EXAMPLES // batch)
                points.append([network, batch, count, seconds])
                print(*points[-1], flush=True)
    content = {
        "machine": describe_machine(False),
        "load": [before, os.getloadavg()[0]],
        "points": points,
    }
    file.write_text(json.dumps(content, indent=1), "utf-8")


def parameters(network: str) -> int:
    """Return the number of parameters of a network."""
    import zoo

    filters = json.loads(FILTERS[network])
    return zoo.create(
        "cnn", input_shape=(28, 28, 1), classes=10, filters=filters, convolutions=1
    ).count_params()


def row(network: str, batch: int, count: int, sizes: dict[str, int]) -> list[float]:
    """Return the terms of the model, in the order a and f of each network, m, 1 / r."""
    terms = [0.0] * (2 * len(FILTERS) + 2)
    at = list(FILTERS).index(network)
    terms[2 * at] = 1.0
    terms[2 * at + 1] = batch / min(count, CORES) / (CORES // min(count, CORES))
    terms[-2] = count - 1.0
    terms[-1] = 8 * sizes[network] * (count - 1) / count
    return terms


def fit(file: Path) -> None:
    """Print the measured and the modelled times, the constants, and what follows for clusters."""
    content = json.loads(file.read_text("utf-8"))
    points = content["points"]
    sizes = {network: parameters(network) for network in FILTERS}
    times = np.array([point[3] for point in points])
    matrix = np.array([row(network, batch, count, sizes) for network, batch, count, _ in points])
    # each point counts by its relative error
    constants, _ = nnls(matrix / times[:, None], np.ones(len(times)))
    modelled = matrix @ constants
    print(
        f"{content['machine']}\n\nLoad before and after: {content['load'][0]:.2f}, "
        f"{content['load'][1]:.2f}.\n"
    )
    print(
        "| network | parameters | batch | 1 worker | 2 workers | 3 workers |\n|---|---|---|---|---|---|"
    )
    for network in FILTERS:
        for batch in BATCHES:
            cells = [
                f"{1e3 * times[at]:.1f} / {1e3 * modelled[at]:.1f}"
                for count in COUNTS
                for at, point in enumerate(points)
                if point[:3] == [network, batch, count]
            ]
            print(f"| {network} | {sizes[network]:,} | {batch} | {' | '.join(cells)} |")
    errors = np.abs(modelled / times - 1)
    print(
        f"\nMeasured / modelled, ms a step. Error: median {np.median(errors):.0%}, "
        f"largest {errors.max():.0%}.\n"
    )
    print("| network | a, ms a step | f, core ms an example |\n|---|---|---|")
    for at, network in enumerate(FILTERS):
        print(f"| {network} | {1e3 * constants[2 * at]:.2f} | {1e3 * constants[2 * at + 1]:.4f} |")
    rate = 1 / constants[-1] / 1e9 if constants[-1] else float("inf")
    print(f"\nm = {1e3 * constants[-2]:.2f} ms for each further worker; r = {rate:.2f} GB/s.\n")
    print_clusters(constants, sizes)


def print_clusters(constants: Sequence[float], sizes: dict[str, int]) -> None:
    """Print the speed-up that the model expects of clusters with 16 cores a node and one worker on each."""
    print("| network | batch | connection | 2 nodes | 8 nodes | 32 nodes | half efficient at |")
    print("|---|---|---|---|---|---|---|")
    for at, network in enumerate(FILTERS):
        own, example = constants[2 * at], constants[2 * at + 1]
        for batch in (256, 2048):
            for name, (rate, latency) in NETWORKS.items():
                steps = np.array([0.0] + [
                    own
                    + example * batch / nodes / NODE_CORES
                    + 2 * latency * (nodes - 1)
                    + 8 * sizes[network] * (nodes - 1) / nodes / rate
                    for nodes in range(1, MOST_NODES + 1)
                ])  # fmt: skip
                gains = steps[1] / np.maximum(steps, 1e-12)
                low = np.flatnonzero(gains[2:] < np.arange(2, MOST_NODES + 1) / 2)
                half = f"{low[0] + 2} nodes" if len(low) else f"more than {MOST_NODES}"
                cells = " | ".join(f"{gains[nodes]:.1f}x" for nodes in (2, 8, 32))
                print(f"| {network} | {batch} | {name} | {cells} | {half} |")


def main() -> None:
    """Measure, or fit."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("action", choices=("measure", "fit"))
    parser.add_argument("file", type=Path)
    parser.add_argument("--rounds", type=int, default=1)
    options = parser.parse_args()
    measure(options.file, options.rounds) if options.action == "measure" else fit(options.file)


if __name__ == "__main__":
    main()
