from pathlib import Path
from typing import Any

import pytest

import zoo
from zoo.registry.catalog_reader import read_entries
from zoo.weights.description import parse_weights

RIGHT: dict[str, Any] = {
    "file": "mlp.tiny.zip",
    "sha256": "0" * 64,
    "size": 12,
    "license": "MIT",
    "data": "digits",
    "data_license": "CC-BY-4.0",
    "command": "zoo train mlp",
    "commit": "0123abc",
    "versions": {"keras": "3.15"},
}


def test_a_right_table_is_described_and_a_url_is_optional() -> None:
    assert parse_weights("here", RIGHT).url is None
    url = "https://example.org/mlp.tiny.zip"
    assert parse_weights("here", {**RIGHT, "url": url}).url == url
    assert parse_weights("here", {**RIGHT, "commit": "keras-zoo 0.1.0"}).commit == "keras-zoo 0.1.0"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("file", "../mlp.zip"),
        ("file", "/etc/mlp.zip"),
        ("file", "mlp.pkl"),
        ("file", "a\n.zip"),
        ("file", 3),
        ("sha256", "0" * 63),
        ("sha256", "A" * 64),
        ("size", 0),
        ("size", True),
        ("size", 1.5),
        ("size", 2**40),
        ("license", " "),
        ("data", 3),
        ("data_license", ""),
        ("command", []),
        ("commit", "HEAD"),
        ("versions", {}),
        ("versions", {"keras": 3}),
        ("url", "http://example.org/a.zip"),
        ("url", "file:///etc/passwd"),
        ("url", "https://user:word@example.org/a.zip"),
    ],
)
def test_a_wrong_value_is_refused_and_named(key: str, value: Any) -> None:
    with pytest.raises(zoo.CatalogError, match=rf"here: weights\.{key} must be .*Received"):
        parse_weights("here", {**RIGHT, key: value})


def test_unknown_and_missing_keys_are_refused() -> None:
    with pytest.raises(zoo.CatalogError, match=r"unknown key 'licence'. Did you mean license"):
        parse_weights("here", {**RIGHT, "licence": "MIT"})
    with pytest.raises(zoo.CatalogError, match=r"weights lacks sha256, size\."):
        parse_weights("here", {k: v for k, v in RIGHT.items() if k not in ("sha256", "size")})


def test_a_catalog_file_with_wrong_weights_names_the_file_and_the_entry(tmp_path: Path) -> None:
    path = tmp_path / "registry.toml"
    path.write_text('[mlp.tiny]\nsummary = "x"\n[mlp.tiny.weights]\nfile = "a.zip"\n', "utf-8")
    with pytest.raises(zoo.CatalogError, match=r"registry\.toml: \[mlp\.tiny\]: weights lacks"):
        read_entries(path, None)
    path.write_text('[mlp.tiny]\nsummary = "x"\nweights = "a.zip"\n', "utf-8")
    with pytest.raises(zoo.CatalogError, match="weights must be a table"):
        read_entries(path, None)
