import hashlib
import json

import pytest

from adetk import bundle
from adetk.bundle import KINDS, read_manifest, write_bundle, write_manifest
from adetk.errors import AdetkError


@pytest.fixture
def parts(tmp_path):
    """Three part folders with made-up files."""
    folders = {}
    for kind in KINDS:
        folder = tmp_path / "parts" / kind
        for name in ("model.onnx", "index/rows.tsv", "torch/model.safetensors", "training/results.json"):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(f"{kind} {name}".encode())
        write_manifest(folder, kind, {"max_length": 8, "of": kind})
        folders[kind] = folder
    return folders


@pytest.fixture
def whole(parts, tmp_path):
    write_bundle(parts, tmp_path / "bundle", "# card\n")
    return tmp_path / "bundle"


def test_a_manifest_names_every_file_with_its_sum(parts):
    manifest = read_manifest(parts["extract"], "extract")
    assert sorted(manifest.files) == [
        "index/rows.tsv",
        "model.onnx",
        "torch/model.safetensors",
        "training/results.json",
    ]
    assert all(len(total) == 64 for total in manifest.files.values())
    assert manifest.settings == {"max_length": 8, "of": "extract"}


def test_a_bundle_leaves_the_float_weights_and_the_training_behind(whole):
    manifest = read_manifest(whole, "bundle")
    assert sorted(manifest.files) == sorted(
        ["README.md", *(f"{kind}/{name}" for kind in KINDS for name in ("index/rows.tsv", "model.onnx"))]
    )
    assert {kind: settings["of"] for kind, settings in manifest.settings.items()} == {k: k for k in KINDS}
    assert (whole / "README.md").read_text(encoding="utf-8") == "# card\n"
    assert (whole / "classify" / "model.onnx").read_text() == "classify model.onnx"


def test_the_fingerprint_follows_files_and_settings(parts):
    before = read_manifest(parts["classify"], "classify").fingerprint
    assert (
        write_manifest(parts["classify"], "classify", {"max_length": 8, "of": "classify"}).fingerprint
        == before
    )
    assert write_manifest(parts["classify"], "classify", {"max_length": 9}).fingerprint != before
    (parts["classify"] / "model.onnx").write_bytes(b"other")
    changed = write_manifest(parts["classify"], "classify", {"max_length": 8, "of": "classify"})
    assert changed.fingerprint != before


def test_a_flipped_byte_is_refused_and_named(whole):
    path = whole / "extract" / "model.onnx"
    content = bytearray(path.read_bytes())
    content[3] ^= 1
    path.write_bytes(content)
    with pytest.raises(AdetkError, match=r"extract/model\.onnx: damaged"):
        read_manifest(whole, "bundle")
    assert read_manifest(whole, "bundle", verify=False).kind == "bundle"


def test_a_missing_file_is_refused_and_named(whole):
    (whole / "normalize" / "index" / "rows.tsv").unlink()
    with pytest.raises(AdetkError, match=r"rows\.tsv: missing, but manifest\.json names it"):
        read_manifest(whole, "bundle")


def test_a_damaged_part_makes_no_bundle(parts, tmp_path):
    (parts["extract"] / "model.onnx").write_bytes(b"changed")
    with pytest.raises(AdetkError, match="damaged"):
        write_bundle(parts, tmp_path / "bundle", "")
    with pytest.raises(AdetkError, match=r"no manifest\.json there; expected a complete bundle folder"):
        read_manifest(tmp_path / "bundle", "bundle")


def test_another_version_and_another_kind_are_refused(parts):
    with pytest.raises(AdetkError, match="holds 'classify', expected 'extract'; name the right folder"):
        read_manifest(parts["classify"], "extract")
    path = parts["classify"] / "manifest.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**content, "format_version": 99, "more": 1}), encoding="utf-8")
    with pytest.raises(AdetkError, match="format version 99, this adetk reads 1"):
        read_manifest(parts["classify"], "classify")


@pytest.mark.parametrize(
    "content", ["", "{", "[]", "3", "{}", '{"format_version": 1}', '{"format_version": 1, "x": 2}']
)
def test_what_is_no_manifest_is_refused(parts, content):
    (parts["classify"] / "manifest.json").write_text(content, encoding="utf-8")
    with pytest.raises(AdetkError, match="not a manifest; the folder is damaged"):
        read_manifest(parts["classify"], "classify")


def test_a_bundle_lends_a_part_to_another_bundle(parts, whole, tmp_path):
    (parts["classify"] / "model.onnx").write_bytes(b"a newer gate")
    write_manifest(parts["classify"], "classify", {"of": "newer"})
    newer = write_bundle({**parts, "extract": whole, "normalize": whole}, tmp_path / "newer", "# newer\n")
    old = read_manifest(whole, "bundle")
    for kind in ("extract", "normalize"):
        assert newer.settings[kind] == old.settings[kind]
        name = f"{kind}/index/rows.tsv"
        assert newer.files[name] == old.files[name]
        assert (tmp_path / "newer" / name).read_text() == f"{kind} index/rows.tsv"
    assert newer.settings["classify"] == {"of": "newer"}
    assert (tmp_path / "newer" / "classify" / "model.onnx").read_bytes() == b"a newer gate"
    assert newer.files.keys() == old.files.keys()
    (whole / "extract" / "model.onnx").write_bytes(b"changed")
    with pytest.raises(AdetkError, match=r"extract/model\.onnx: damaged"):
        write_bundle({**parts, "normalize": whole}, tmp_path / "third", "")


def test_an_output_folder_with_something_in_it_is_left_alone(parts, tmp_path):
    (tmp_path / "bundle").mkdir()
    (tmp_path / "bundle" / "mine.txt").write_text("mine")
    with pytest.raises(AdetkError, match="is not empty"):
        write_bundle(parts, tmp_path / "bundle", "")
    assert [p.name for p in (tmp_path / "bundle").iterdir()] == ["mine.txt"]


def test_the_manifest_is_written_last(parts, tmp_path, monkeypatch):
    def sum_of(path):
        assert not (tmp_path / "bundle" / "manifest.json").exists()
        if "bundle" in path.parts:
            raise OSError("disk full")
        return hashlib.sha256(path.read_bytes()).hexdigest()

    monkeypatch.setattr(bundle, "_sha256", sum_of)
    with pytest.raises(OSError, match="disk full"):
        write_bundle(parts, tmp_path / "bundle", "")
    assert (tmp_path / "bundle" / "README.md").exists()
    assert not (tmp_path / "bundle" / "manifest.json").exists()


def test_writing_again_takes_an_old_manifest_away_first(parts, monkeypatch):
    monkeypatch.setattr(bundle, "_sha256", lambda path: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        write_manifest(parts["classify"], "classify", {})
    assert not (parts["classify"] / "manifest.json").exists()
