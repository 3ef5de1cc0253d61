"""How the time of a step grows with workers, batch and network: measured at 1, 2 and 3 workers, and modelled.

    python benchmarks/scaling.py measure scaling.json         # about 15 minutes
    python benchmarks/scaling.py fit scaling.json --write     # writes the figures into docs/scaling.md
    python benchmarks/scaling.py measure try.json --quick     # 2 minutes: to see that it works; no figures

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
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import workers
from scipy.optimize import nnls
from turns import describe_machine

PAGE = Path(__file__).resolve().parent.parent / "docs" / "scaling.md"
BEGIN, END = "<!-- figures: begin -->\n", "<!-- figures: end -->"
CORES = 2
NODE_CORES, MOST_NODES = 16, 1024  # of the clusters that are computed
FILTERS = {"small": "[16,32]", "medium": "[32,64]", "wide": "[48,192]"}
BATCHES = (24, 48, 96, 192)
COUNTS = (1, 2, 3)
STEPS, QUICK_STEPS = 24, 4  # of an epoch, at any batch: what begins an epoch then counts alike
SETTINGS = ("convolutions=1", "epochs=3", "dropout=0", "head_dropout=0")
# bytes a second of a connection, seconds of its latency
NETWORKS = {"1 Gbit/s": (0.117e9, 1e-4), "10 Gbit/s": (1.17e9, 5e-5), "100 Gbit/s": (11.7e9, 1e-5)}


@dataclass(frozen=True)
class Point:
    """A measured step: its network, batch and number of workers, and its seconds."""

    network: str
    batch: int
    count: int
    seconds: float


@dataclass(frozen=True)
class Model:
    """The model, fitted to some points.

    Args:
        sizes: the parameters of each network.
        constants: a and f of each network in turn, then m and 1 / r.
    """

    sizes: dict[str, int]
    constants: np.ndarray

    def network_constants(self, network: str) -> tuple[float, float]:
        """Return a and f of a network."""
        at = 2 * list(self.sizes).index(network)
        return float(self.constants[at]), float(self.constants[at + 1])

    def seconds(self, point: Point) -> float:
        """Return the modelled seconds of a step."""
        return float(terms(point, self.sizes) @ self.constants)


def measure(file: Path, rounds: int, quick: bool) -> None:
    """Measure all networks, batches and numbers of workers, and write the points into a file."""
    points: list[Point] = []
    machine, before = describe_machine(False), os.getloadavg()[0]
    networks, batches = (["small", "medium"], (24, 48)) if quick else (list(FILTERS), BATCHES)
    steps = QUICK_STEPS if quick else STEPS
    for network in networks:
        for batch in batches:
            settings = (*SETTINGS, f"filters={FILTERS[network]}", f"batch_size={batch}")
            timings = workers.measure("cnn", list(COUNTS), rounds, steps * batch, settings)
            for count, own in timings.items():
                points.append(Point(network, batch, count, workers.epoch_seconds(own) / steps))
                print(points[-1], flush=True)
    content = {
        "machine": machine,
        "load": [before, os.getloadavg()[0]],
        "points": [list(vars(point).values()) for point in points],
    }
    file.write_text(json.dumps(content, indent=1), "utf-8")


def parameters(network: str) -> int:
    """Return the number of parameters of a network."""
    import zoo

    settings = {"filters": json.loads(FILTERS[network]), "convolutions": 1}
    return int(zoo.create("cnn", input_shape=(28, 28, 1), classes=10, **settings).count_params())


def terms(point: Point, sizes: dict[str, int]) -> np.ndarray:
    """Return what each constant of the model is multiplied by, at a point."""
    values = np.zeros(2 * len(sizes) + 2)
    at = 2 * list(sizes).index(point.network)
    processes = min(point.count, CORES)
    values[at : at + 2] = 1.0, point.batch / (processes * (CORES // processes))
    values[-2] = point.count - 1
    values[-1] = 8 * sizes[point.network] * (point.count - 1) / point.count
    return values


def fit_model(points: Sequence[Point]) -> Model:
    """Return the model with the constants, none below zero, whose relative errors are smallest."""
    sizes = {name: parameters(name) for name in dict.fromkeys(point.network for point in points)}
    rows = [terms(point, sizes) / point.seconds for point in points]
    return Model(sizes, nnls(np.array(rows), np.ones(len(points)))[0])


def figures(file: Path) -> str:
    """Return the measured and the modelled times, the constants, and what follows for clusters."""
    content = json.loads(file.read_text("utf-8"))
    points = [Point(*values) for values in content["points"]]
    model = fit_model(points)
    load = ", ".join(f"{each:.2f}" for each in content["load"])
    errors = [abs(model.seconds(point) / point.seconds - 1) for point in points]
    m, inverse_rate = model.constants[-2:]
    rate = f"r = {1e-9 / inverse_rate:.2f} GB/s" if inverse_rate else "r has no effect here"
    return "\n".join([
        f"{content['machine']} Load before and after: {load}. {content.get('note', '')}\n",
        "Milliseconds a step, measured / modelled:\n",
        *step_rows(points, model),
        f"\nError of the model: median {np.median(errors):.0%}, largest {max(errors):.0%}.\n",
        "| network | a, ms a step | f, core ms an example |\n|---|---|---|",
        *(
            f"| {name} | {1e3 * a:.2f} | {1e3 * f:.4f} |"
            for name in model.sizes
            for a, f in [model.network_constants(name)]
        ),
        f"\nm = {1e3 * m:.2f} ms for each further worker; {rate}.\n",
        f"What the model expects of clusters with {NODE_CORES} cores a node and one worker on each:\n",
        *cluster_rows(model),
        "",
    ])  # fmt: skip


def step_rows(points: Sequence[Point], model: Model) -> list[str]:
    """Return the table of the measured and modelled milliseconds."""
    heads = " | ".join(f"{count} worker{'s' * (count > 1)}" for count in COUNTS)
    rows = [f"| network | parameters | batch | {heads} |", "|---" * (3 + len(COUNTS)) + "|"]
    for network, batch in dict.fromkeys((point.network, point.batch) for point in points):
        cells = [
            f"{1e3 * point.seconds:.1f} / {1e3 * model.seconds(point):.1f}"
            for point in points
            if (point.network, point.batch) == (network, batch)
        ]
        rows.append(f"| {network} | {model.sizes[network]:,} | {batch} | {' | '.join(cells)} |")
    return rows


def cluster_rows(model: Model) -> list[str]:
    """Return the table of the speed-up that the model expects of clusters."""
    heads = (
        "network",
        "batch",
        "connection",
        "2 nodes",
        "8 nodes",
        "32 nodes",
        "half efficient at",
    )
    rows = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    for network in model.sizes:
        for batch in (256, 2048):
            for name, connection in NETWORKS.items():
                gains = speed_ups(model, network, batch, *connection)
                low = np.flatnonzero(gains[2:] < np.arange(2, MOST_NODES + 1) / 2)
                half = f"{low[0] + 2} nodes" if len(low) else f"more than {MOST_NODES}"
                cells = " | ".join(f"{gains[nodes]:.1f}x" for nodes in (2, 8, 32))
                rows.append(f"| {network} | {batch} | {name} | {cells} | {half} |")
    return rows


def speed_ups(model: Model, network: str, batch: int, rate: float, latency: float) -> np.ndarray:
    """Return how many times as fast a step is on 0, 1, ... nodes as on one."""
    own, example = model.network_constants(network)
    nodes = np.maximum(np.arange(MOST_NODES + 1), 1)
    sent = 8 * model.sizes[network] * (nodes - 1) / nodes
    steps = own + example * batch / nodes / NODE_CORES + 2 * latency * (nodes - 1) + sent / rate
    return steps[1] / np.maximum(steps, 1e-12)


def write_page(text: str) -> None:
    """Replace the figures of docs/scaling.md."""
    before, _, rest = PAGE.read_text("utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    PAGE.write_text(f"{before}{BEGIN}{text}{END}{after}", "utf-8")


def main() -> None:
    """Measure, or fit."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("action", choices=("measure", "fit"))
    parser.add_argument("file", type=Path)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--quick", action="store_true", help="few points: to see that it works")
    parser.add_argument("--write", action="store_true", help="fit: write into docs/scaling.md")
    options = parser.parse_args()
    if options.action == "measure":
        return measure(options.file, options.rounds, options.quick)
    text = figures(options.file)
    return write_page(text) if options.write else print(text)


if __name__ == "__main__":
    main()
