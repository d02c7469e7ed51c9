"""What tests of the command line run on."""

import shutil

import pytest
from adetk_process import MANY, POSTS, ROWS, succeeds

from adetk.bundle import read_manifest, write_manifest
from adetk.extract.schemes import Scheme


@pytest.fixture
def posts(tmp_path):
    path = tmp_path / "posts.tsv"
    path.write_text(POSTS, encoding="utf-8")
    return path


@pytest.fixture
def good(tmp_path):
    """An output file of an earlier run, which no failed run may touch."""
    path = tmp_path / "coded.jsonl"
    path.write_bytes(b"good\n")
    return path


@pytest.fixture(scope="module")
def sure_bundle(tiny_bundle, tmp_path_factory):
    """The tiny bundle with a tagger that is always right: what stands in CTCAE is an effect."""
    helper = pytest.importorskip("onnx", reason="training is not installed").helper
    int64, float32 = 7, 1
    bundle = shutil.copytree(tiny_bundle, tmp_path_factory.mktemp("bundles") / "sure")
    names = Scheme("bio", ["ADE", "INDICATION"]).class_names
    assert names[:3] == ["O", "B-ADE", "I-ADE"]  # as a dictionary's tags count: outside, first, further
    nodes = [
        helper.make_node("Gather", ["tags", "ctcae"], ["found"], axis=2),
        helper.make_node("OneHot", ["found", "depth", "values"], ["output"]),
    ]
    constants = [
        helper.make_tensor("ctcae", int64, [], [0]),
        helper.make_tensor("depth", int64, [], [len(names)]),
        helper.make_tensor("values", float32, [2], [0.0, 9.0]),
    ]
    graph = helper.make_graph(
        nodes,
        "sure",
        [helper.make_tensor_value_info("tags", int64, ["n", "length", 2])],
        [helper.make_tensor_value_info("output", float32, ["n", "length", len(names)])],
        constants,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    (bundle / "extract" / "model.onnx").write_bytes(model.SerializeToString())
    write_manifest(bundle, "bundle", read_manifest(bundle, "bundle", verify=False).settings)
    return bundle


@pytest.fixture(scope="module")
def coded(sure_bundle, tmp_path_factory):
    """What `adetk run` writes for `POSTS`, every post tagged."""
    folder = tmp_path_factory.mktemp("coded")
    (folder / "posts.tsv").write_text(POSTS, encoding="utf-8")
    out = folder / "coded.jsonl"
    succeeds("run", folder / "posts.tsv", "-o", out, "--bundle", sure_bundle, "--gate", "none")
    return out.read_bytes()


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    """A file of many different posts."""
    path = tmp_path_factory.mktemp("many") / "posts.txt"
    lines = (f"day {n}: {ROWS[n % len(ROWS)][1]}\n" for n in range(MANY))
    path.write_text("".join(lines), encoding="utf-8")
    return path
