"""The doctor: everything on this machine that the zoo depends on, with what to do about what is wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from zoo.diagnosis.findings import Finding
from zoo.diagnosis.machine import compute_findings, runtime_findings
from zoo.diagnosis.places import catalog_findings, folder_findings, weights_findings
from zoo.diagnosis.plugin_states import PluginState, plugin_states
from zoo.diagnosis.version_floors import version_findings
from zoo.errors import ZooError

__all__ = ["diagnose"]

_ADVICE = {
    "disabled": "remove the name there to use it",
    "incompatible": "or switch it off: ZOO_DISABLE={name}",
    "broken": "reinstall or remove {package}, or switch it off: ZOO_DISABLE={name}",
    "shadowed": "or switch it off: ZOO_DISABLE={name}",
}


def diagnose() -> Iterator[Finding]:
    """Yield each finding. Keras is imported; nothing is written, trained or downloaded."""
    sources: dict[str, Callable[[], Iterable[Finding]]] = {
        "versions": version_findings,
        "compute": compute_findings,
        "plug-ins": plugin_findings,
        "catalogs": catalog_findings,
        "runtimes": runtime_findings,
        "folders": folder_findings,
        "weights": weights_findings,
    }
    for topic, findings in sources.items():
        try:
            yield from findings()
        except ZooError as error:  # such as a broken registry.toml of the user's
            yield Finding(topic, topic, "problem", str(error), "repair it")


def plugin_findings() -> Iterator[Finding]:
    """Yield how many plug-ins there are, and each that cannot be used."""
    states = plugin_states()
    bad = [state for state in states if state.state != "ok"]
    packages = len({state.package for state in states})
    detail = f"{len(states) - len(bad)} of {len(states)} can be used, of {packages} packages"
    yield Finding("plug-ins", "plug-ins", "ok", detail)
    yield from map(_plugin_finding, bad)


def _plugin_finding(state: PluginState) -> Finding:
    return Finding(
        "plug-ins",
        f"{state.kind} {state.name}",
        "note" if state.state == "disabled" else "problem",
        f"{state.state}: {state.reason} ({state.package})",
        _ADVICE[state.state].format(name=state.name, package=state.package.partition(" ")[0]),
    )
