import io

import pytest
from killable_run import CONTENT


@pytest.fixture
def write(tmp_path):
    def make(name, content):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return make


@pytest.fixture
def stdin(monkeypatch):
    def feed(content):
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(content)))

    return feed


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "posts.tsv").write_text(CONTENT, encoding="utf-8")
    return tmp_path
