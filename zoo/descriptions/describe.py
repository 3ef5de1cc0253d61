"""`zoo.describe`: what a model, an architecture or a run is, from the cache where nothing has changed."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from zoo.descriptions import fingerprint
from zoo.descriptions.cache_key import CacheKey, cache_key, name_files
from zoo.descriptions.description import Description, ModelFacts
from zoo.descriptions.facts_cache import facts_file, read_facts, write_facts
from zoo.descriptions.subject import Subject, find_subject
from zoo.registry.catalog_reader import Entry
from zoo.runs.run import Run

__all__ = ["describe", "read_description"]

_DESCRIBED = (
    "name",
    "architecture",
    "config",
    "dataset",
    "examples",
)  # a description has them in other places


def describe(name: str | Path | Run) -> Description:
    """Describe a model of the catalog, an architecture or a run. Nothing is trained or downloaded.

    What only building the model tells is kept in the folder `descriptions` of the user's cache
    (`ZOO_CACHE`). It is built again when a package, a source file or a setting has changed.

    Args:
        name: an architecture, a model of the catalog or a run; the first of these that fits is described.
            The path of a run is always the run.

    Raises:
        UnknownName: there is no such model and no such run.
        PluginError: its plug-in is broken.
        RunError: the run's run.json is broken, or its plug-in is not installed.

    Example:
        >>> zoo.describe("cnn.digits").parameters
        66218
    """
    subject = find_subject(name)
    key = cache_key(subject)
    facts = _read_facts(subject, key) or _build_facts(subject, key)
    return _description(subject, facts)


def read_description(name: str | Path | Run) -> Description | None:
    """Return a description from the cache, or None if the model must be built. Keras is not imported.

    Raises:
        UnknownName: there is no such model and no such run.
        RunError: the run's run.json is broken.
    """
    subject = find_subject(name)
    facts = _read_facts(subject, cache_key(subject))
    return _description(subject, facts) if facts else None


def _read_facts(subject: Subject, key: CacheKey | None) -> ModelFacts | None:
    if key is None:
        return None
    facts = read_facts(_file_of(subject), key.content)
    return facts if facts and not name_files([each.value for each in facts.settings]) else None


def _build_facts(subject: Subject, key: CacheKey | None) -> ModelFacts:
    """Build the model, and keep its facts unless another process would find others."""
    from zoo.descriptions.model_facts import build_model_facts
    from zoo.runs.recipe import recipe_from_run, resolve_without_loading

    run = subject.run
    recipe = recipe_from_run(run) if run else resolve_without_loading(subject.name, {})
    facts = build_model_facts(recipe)
    try:
        facts = ModelFacts.from_json(facts.to_json())
    except (
        TypeError,
        ValueError,
    ):  # a plug-in's text or value that JSON or a terminal does not know
        return facts
    if key is not None and not name_files([each.value for each in facts.settings]):
        _write_facts(subject, key, facts)
    return facts


def _write_facts(subject: Subject, key: CacheKey, facts: ModelFacts) -> None:
    """Write the facts, unless some code changed while this process ran: it may run the old code."""
    sources = fingerprint.local_sources(key.code)
    if cache_key(subject) == key and not fingerprint.changed_since_start([*key.code, *sources]):
        write_facts(_file_of(subject), key.content, sources, facts)


def _file_of(subject: Subject) -> Path:
    return facts_file(subject.architecture, subject.to_json())


def _description(subject: Subject, facts: ModelFacts) -> Description:
    entry, run = subject.entry or Entry(subject.name, facts.summary), subject.run
    return Description(
        subject.name,
        entry.summary,
        subject.architecture,
        facts.package,
        facts.settings,
        subject.dataset,
        entry.tags,
        entry.reference,
        dict(run.metrics if run else entry.results),
        "" if run else entry.measured,
        facts.parameters,
        facts.parts,
        _run_facts(run) if run else {},
        "" if run else entry.baseline,
        asdict(entry.weights) if entry.weights and not run else {},
        dict(run.examples if run else entry.examples),
    )


def _run_facts(run: Run) -> dict[str, Any]:
    """Return what run.json says about a training, without what a description has in other places."""
    others = {key: value for key, value in run.record.items() if key not in _DESCRIBED}
    return {"path": str(run.path), "epochs": len(run.history), **others}
