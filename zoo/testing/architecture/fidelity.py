"""Checks of fidelity: the trained model in memory and the model of the run give the same results."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from zoo.exporters.comparison import compare_arrays
from zoo.testing.architecture.subject import Subject
from zoo.testing.outcome import require

TOLERANCE = 1e-4  # relative, between two metrics of the same weights
ADVICE = (
    "Something that train() changes is no weight of the model, so no file holds it. Keep it in a "
    "variable (model.add_weight) or compute it in build()."
)


def check_fidelity(subject: Subject) -> None:
    """The trained model in memory and the reloaded one give the same metrics and the same outputs."""
    _compare_metrics(subject.metrics(subject.model), subject.reloaded_metrics)
    reloaded = subject.reloaded_probes
    for role, probes in subject.probes(subject.model).items():
        for one, other in zip(probes, reloaded[role], strict=True):
            for name, value in one.outputs.items():
                _, problem = compare_arrays(name, other.outputs[name], value)
                require(
                    not problem,
                    f"The part {role!r} of the reloaded run differs from the trained model in memory: "
                    f"{problem}. {ADVICE}",
                )


def differing_metrics(one: Mapping[str, float], other: Mapping[str, float]) -> list[str]:
    """Return the names of metrics that differ, or that only one of the two has."""
    return [
        name
        for name in {**one, **other}
        if not np.isclose(
            one.get(name, np.inf), other.get(name, -np.inf), TOLERANCE, TOLERANCE, equal_nan=True
        )
    ]


def _compare_metrics(memory: Mapping[str, float], reloaded: Mapping[str, float]) -> None:
    for name in differing_metrics(memory, reloaded):
        require(
            False,
            f"evaluate() gives {name} = {memory.get(name, float('nan')):.5g} for the trained model in "
            f"memory and {reloaded.get(name, float('nan')):.5g} for the reloaded run. {ADVICE}",
        )
