"""Checks of data beyond images, where the architecture takes it: series, volumes, regression."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from zoo.config import WithoutData
from zoo.data.dataset import Dataset
from zoo.errors import DataError, SettingError
from zoo.testing.architecture import tasks
from zoo.testing.architecture.fidelity import check_fidelity
from zoo.testing.architecture.subject import Subject
from zoo.testing.outcome import SkipCheck, require

SETTINGS = {"epochs": 1}


def check_series(subject: Subject) -> None:
    """Series train, reload alike and are measured, where the architecture takes them."""
    _check_kind(subject, tasks.series())


def check_volume(subject: Subject) -> None:
    """Volumes train, reload alike and are measured, where the architecture takes them."""
    _check_kind(subject, tasks.volume())


def check_regression(subject: Subject) -> None:
    """Numbers to predict train, reload alike and are measured, where the architecture takes them."""
    fields = type(subject.config).model_fields
    task = {"task": "regression"} if "task" in fields else {}
    _check_kind(subject, tasks.regression(), task)


def _check_kind(subject: Subject, data: Dataset, settings: Mapping[str, Any] | None = None) -> None:
    """Train the architecture with its default settings on other data, and compare with its run.

    Raises:
        SkipCheck: the architecture takes no data, or refuses this kind of it.
    """
    name = subject.architecture.name
    if isinstance(subject.config, WithoutData):
        raise SkipCheck("the architecture learns from no examples")
    other = Subject(
        name, subject.folder / data.name, data=data, settings={**SETTINGS, **(settings or {})}
    )
    try:
        _ = other.untrained_model, other.run
    except (SettingError, DataError) as reason:
        raise SkipCheck(str(reason)) from reason
    measured = other.reloaded_metrics
    require(
        all(np.isfinite(value) for value in measured.values()),
        f"evaluate() on {data.name} returns metrics that are not finite: {measured}",
    )
    check_fidelity(other)
