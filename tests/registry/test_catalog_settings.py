"""The settings of catalog entries against the config of their architecture."""

import pytest

import zoo
from tests.conftest import Install
from tests.registry.test_catalog import ENTRY, NET
from zoo.registry.catalog_settings import check_catalog_settings


def test_wrong_settings_of_a_package_name_package_file_and_entry(install: Install) -> None:
    text = ENTRY.format("net", "x") + "settings = { unit = [3] }\n"
    text += ENTRY.format("two", "y") + "settings = { epochs = 0 }\n"
    site = install("zoo-net", {"zoo_net/__init__.py": "", "zoo_net/registry.toml": text}, NET)
    place = f"zoo-net 1.0: {site / 'zoo_net' / 'registry.toml'}: [mlp."
    for work in (zoo.describe, zoo.create):
        with pytest.raises(zoo.CatalogError) as raised:
            work("mlp.net")
        assert str(raised.value) == (
            f"{place}net]: There is no setting 'unit'. Did you mean units or monitor?"
        )
    assert zoo.describe("mlp.digits").name == "mlp.digits"
    with pytest.raises(zoo.CatalogError) as raised:
        check_catalog_settings("mlp")
    first, second = str(raised.value).splitlines()
    assert first.startswith(f"{place}net]: There is no setting 'unit'.")
    assert second.startswith(f"{place}two]: The setting 'epochs': ")
    check_catalog_settings("cnn")


def test_a_broken_catalog_fails_the_check_of_its_packages_architectures(install: Install) -> None:
    code = "from zoo_mlp import *\n"
    install("zoo-net", {"zoo_net/__init__.py": code, "zoo_net/registry.toml": "[net\n"}, NET)
    with pytest.raises(zoo.CatalogError, match=r"^zoo-net 1\.0: .*is not valid TOML"):
        check_catalog_settings("net")
    check_catalog_settings("mlp")


@pytest.mark.parametrize("name", ["autoencoder", "cnn", "deblur-gan", "vae"])
def test_the_settings_of_our_catalog_are_valid(name: str) -> None:
    check_catalog_settings(name)
