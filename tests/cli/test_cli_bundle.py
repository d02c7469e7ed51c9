"""Bundles: made, and refused when damaged."""

import json
import shutil

import pytest
from adetk_process import refused, succeeds


def test_parts_are_bundled_once_and_in_their_places(tiny_parts, tiny_bundle, tmp_path):
    folders = [tiny_parts.folders[kind] for kind in ("classify", "extract", "normalize")]
    out = tmp_path / "tiny"
    succeeds("bundle", *folders, "-o", out)
    names = sorted(path.relative_to(out) for path in out.rglob("*"))
    assert names == sorted(path.relative_to(tiny_bundle) for path in tiny_bundle.rglob("*"))
    assert "is not empty" in refused("bundle", *folders, "-o", out)
    assert "holds 'extract', expected 'classify'" in refused("bundle", *folders[1:], folders[0], "-o", out)


@pytest.mark.parametrize(
    "name", ["classify/model.onnx", "extract/tokenizer.json", "normalize/index/rows.tsv", "README.md"]
)
def test_a_flipped_byte_in_a_bundle(name, posts, tiny_bundle, tmp_path, good):
    bundle = shutil.copytree(tiny_bundle, tmp_path / "bundle")
    content = bytearray((bundle / name).read_bytes())
    content[len(content) // 2] ^= 1
    (bundle / name).write_bytes(content)
    said = refused("run", posts, "-o", good, "--bundle", bundle)
    assert f"{name}: damaged" in said
    assert good.read_bytes() == b"good\n"


def test_a_changed_setting_in_a_bundle(posts, tiny_bundle, tmp_path):
    bundle = shutil.copytree(tiny_bundle, tmp_path / "bundle")
    manifest = bundle / "manifest.json"
    content = manifest.read_text(encoding="utf-8")
    manifest.write_text(content.replace('"max_length": 48', '"max_length": 49', 1), encoding="utf-8")
    assert "manifest.json: not a manifest" in refused("run", posts, "--bundle", bundle)


def test_a_folder_that_is_no_bundle(posts, tiny_bundle, tiny_parts, tmp_path):
    assert "no manifest.json there" in refused("run", posts, "--bundle", tmp_path)
    assert "no manifest.json there" in refused("run", posts, "--bundle", tmp_path / "nowhere")
    part = tiny_parts.folders["classify"]
    assert "holds 'classify', expected 'bundle'" in refused("run", posts, "--bundle", part)
    bundle = shutil.copytree(tiny_bundle, tmp_path / "bundle")
    (bundle / "extract" / "model.onnx").unlink()
    assert "missing" in refused("run", posts, "--bundle", bundle)


def test_a_bundle_of_another_format_version(posts, tiny_bundle, tmp_path):
    bundle = shutil.copytree(tiny_bundle, tmp_path / "bundle")
    manifest = bundle / "manifest.json"
    content = json.loads(manifest.read_text(encoding="utf-8"))
    manifest.write_text(json.dumps(content | {"format_version": 99}), encoding="utf-8")
    assert "format version 99, this adetk reads 1" in refused("run", posts, "--bundle", bundle)
