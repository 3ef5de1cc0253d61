"""The checks of an architecture by name, in their order."""

from __future__ import annotations

from collections.abc import Mapping

from zoo.testing.architecture import (
    data_kinds,
    fidelity,
    mechanics,
    optimization,
    portability,
    semantics,
)
from zoo.testing.runner import Check

__all__ = ["CHECKS", "FAST_CHECKS"]

TRAINED = ("train",)
CHECKS: Mapping[str, Check] = {
    "config": Check(mechanics.check_config, fast=True),
    "catalog": Check(mechanics.check_catalog, ("config",), fast=True),
    "build": Check(mechanics.check_build, ("config",), fast=True),
    "parts": Check(mechanics.check_parts, ("build",), fast=True),
    "train": Check(mechanics.check_train, ("build",)),
    "loss-falls": Check(optimization.check_loss_falls, TRAINED),
    "parts-learn": Check(optimization.check_parts_learn, ("train", "parts")),
    "fit-is-last": Check(optimization.check_fit_is_last, TRAINED),
    "round-trip": Check(mechanics.check_round_trip, ("train", "parts")),
    "fidelity": Check(fidelity.check_fidelity, ("train", "round-trip")),
    "evaluate": Check(semantics.check_evaluate, TRAINED),
    "preview": Check(semantics.check_preview, TRAINED),
    "apply": Check(semantics.check_apply, ("train", "parts")),
    "determinism": Check(mechanics.check_determinism, TRAINED),
    "test-split": Check(mechanics.check_test_split, TRAINED, ("determinism",)),
    "resume": Check(mechanics.check_resume, TRAINED, ("determinism",)),
    "series": Check(data_kinds.check_series, TRAINED, slow=True),
    "volume": Check(data_kinds.check_volume, TRAINED, slow=True),
    "regression": Check(data_kinds.check_regression, TRAINED, slow=True),
    "export": Check(portability.check_export, ("train", "parts"), slow=True),
    "reopen": Check(portability.check_reopen, ("export",), slow=True),
    "jax": Check(portability.check_jax, TRAINED, slow=True),
}
FAST_CHECKS = tuple(name for name, check in CHECKS.items() if check.fast)
