import pytest

from adetk import data
from adetk.errors import AdetkError


def test_an_installed_package_wins_over_the_checkout(tmp_path, monkeypatch):
    package = tmp_path / "adetk"
    (package / "_data" / "dictionaries").mkdir(parents=True)
    (tmp_path / "dictionaries").mkdir()
    monkeypatch.setattr(data, "PACKAGE", package)
    assert data.dictionaries_folder() == package / "_data" / "dictionaries"


def test_a_checkout_holds_the_folders_beside_the_package(tmp_path, monkeypatch):
    (tmp_path / "adetk").mkdir()
    (tmp_path / "bundle").mkdir()
    monkeypatch.setattr(data, "PACKAGE", tmp_path / "adetk")
    assert data.default_bundle_folder() == tmp_path / "bundle"


def test_a_missing_folder_names_both_places(tmp_path, monkeypatch):
    monkeypatch.setattr(data, "PACKAGE", tmp_path / "adetk")
    with pytest.raises(AdetkError) as caught:
        data.default_bundle_folder()
    message = str(caught.value)
    assert str(tmp_path / "adetk" / "_data" / "bundle") in message
    assert str(tmp_path / "bundle") in message
    assert "\n" not in message
