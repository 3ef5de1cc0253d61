"""The metadata of a card: the YAML that the Hub of Hugging Face reads."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from zoo.io.printable import printable
from zoo.publication.terms import Terms, dataset_facts, public_source
from zoo.registry.catalog_reader import Entry
from zoo.runs.run import Run


def card_metadata(run: Run, terms: Terms, name: str, entry: Entry) -> dict[str, Any]:
    """Return the metadata that the Hub reads: https://huggingface.co/docs/hub/model-cards.

    Args:
        run: a finished run.
        terms: the licences, and the source of the data.
        name: the model's name in the card.
        entry: its entry in the catalog.
    """
    source = public_source(run) or ""
    data = dataset_facts(run).get("HUB") or source
    task = _task(run, entry)
    metrics = [
        {"type": key, "value": value, "name": key.replace("_", " ")}
        for key, value in run.metrics.items()
    ]
    result = {
        "task": {"type": task or "other"},
        "dataset": {"type": data, "name": source, "split": "test"},
        "metrics": metrics,
    }
    tags = dict.fromkeys(["keras-zoo", str(run.record["architecture"]), *entry.tags])
    return {
        "license": terms.license.lower(),
        "library_name": "keras",
        **({"pipeline_tag": task} if task else {}),
        **({"datasets": [data]} if data else {}),
        **({"metrics": list(run.metrics)} if metrics else {}),
        "tags": list(tags),
        **({"model-index": [{"name": name, "results": [result]}]} if metrics and data else {}),
    }


def _task(run: Run, entry: Entry) -> str | None:
    """Return the Hub's name of what a model is for, where it has one."""
    shape = run.record["dataset"].get("input_shape") or ()
    if run.record["dataset"].get("classes") and "generative" not in entry.tags:
        return "image-classification" if len(shape) == 3 else None
    return "unconditional-image-generation" if "generative" in entry.tags else None


def eval_results(run: Run, hub: str, name: str) -> str:
    """Return the figures in the form of https://huggingface.co/docs/hub/eval-results.

    Args:
        run: a finished run.
        hub: the name of its data set on the Hub.
        name: the model's name in the card.
    """
    date = str(run.record.get("finished", ""))[:10]
    rows = [
        {
            "dataset": {"id": hub, "task_id": key},
            "value": value,
            **({"date": date} if date else {}),
            "source": {
                "url": f"https://huggingface.co/datasets/{hub}",
                "name": f"zoo evaluate {name}",
            },
        }
        for key, value in run.metrics.items()
    ]
    return _yaml_list(rows, 0)


def to_yaml(value: Mapping[str, Any], depth: int = 0) -> str:
    """Return a mapping as YAML; texts are quoted as JSON, which YAML contains."""
    indent, lines = "  " * depth, []
    for key, item in value.items():
        if isinstance(item, Mapping):
            lines.append(f"{indent}{key}:\n{to_yaml(item, depth + 1)}")
        elif isinstance(item, list):
            lines.append(f"{indent}{key}:\n{_yaml_list(item, depth)}")
        else:
            lines.append(f"{indent}{key}: {_scalar(item)}\n")
    return "".join(lines)


def _yaml_list(items: list[Any], depth: int) -> str:
    indent = "  " * depth
    return "".join(
        f"{indent}- {to_yaml(item, depth + 1).lstrip()}"
        if isinstance(item, Mapping)
        else f"{indent}- {_scalar(item)}\n"
        for item in items
    )


def _scalar(value: Any) -> str:
    plain = isinstance(value, str) and value.replace("-", "").replace(".", "").isalpha()
    return (
        value
        if plain and value not in ("true", "false", "null", "yes", "no", "on", "off")
        else printable(json.dumps(value, ensure_ascii=False))
    )
