"""Checks of fidelity: what a training leaves in memory and what its run holds answer alike."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from zoo.exporters.comparison import compare_arrays
from zoo.testing.outcome import require
from zoo.testing.subject import Subject

TOLERANCE = 1e-4  # relative, between two figures of the same weights
ADVICE = (
    "Something that train() changes is no weight of the model, so no file holds it. Keep it in a "
    "variable (model.add_weight) or compute it in build()."
)


def check_fidelity(subject: Subject) -> None:
    """The trained model in memory and the reloaded one give the same figures and the same outputs."""
    _compare_figures(figures(subject, "memory"), figures(subject, "reloaded"))
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


def figures(subject: Subject, where: str) -> dict[str, float]:
    """Return the figures of `evaluate`, of the model in memory or of the reloaded one."""
    model = subject.model if where == "memory" else subject.reloaded
    return subject.architecture.evaluate(model, subject.config, subject.positioned_data)


def differing_figures(one: Mapping[str, float], other: Mapping[str, float]) -> list[str]:
    """Return the names of figures that differ, or that only one of the two has."""
    return [
        name
        for name in {**one, **other}
        if not np.isclose(
            one.get(name, np.inf), other.get(name, -np.inf), TOLERANCE, TOLERANCE, equal_nan=True
        )
    ]


def _compare_figures(memory: Mapping[str, float], reloaded: Mapping[str, float]) -> None:
    for name in differing_figures(memory, reloaded):
        require(
            False,
            f"evaluate() gives {name} = {memory.get(name, float('nan')):.5g} for the trained model in "
            f"memory and {reloaded.get(name, float('nan')):.5g} for the reloaded run. {ADVICE}",
        )
