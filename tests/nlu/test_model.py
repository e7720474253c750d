"""What lies in the model: no pickle, nothing of a text, and the parts that the recipe names."""

from __future__ import annotations

import io
import json
import pickletools
import tarfile
import zipfile

import numpy as np
import pytest
import yaml

from bot.dialogue.training import trained_model
from bot.paths import RASA_CONFIG

ALLOWED = (".json", ".yml", ".npz")


@pytest.fixture(scope="module")
def contents() -> dict[str, bytes]:
    """The model's files by name."""
    with tarfile.open(trained_model()) as archive:
        return {member.name: archive.extractfile(member).read() for member in archive if member.isfile()}  # type: ignore[union-attr]


def _is_pickle(content: bytes) -> bool:
    """Whether bytes run as a pickle from their first to their last."""
    try:
        *_, (last, _, position) = pickletools.genops(content)
    except (ValueError, IndexError, UnicodeDecodeError, EOFError):
        return False
    return last.name == "STOP" and position == len(content) - 1


def test_the_model_holds_plain_files_only(contents: dict[str, bytes]) -> None:
    assert contents
    assert [name for name in contents if not name.endswith(ALLOWED)] == []
    assert [name for name, content in contents.items() if content and _is_pickle(content)] == []


def test_the_arrays_of_the_model_are_numbers_and_names(contents: dict[str, bytes]) -> None:
    read = [content for name, content in contents.items() if name.endswith(".npz")]
    assert len(read) == 3, "letters, locales, topics"
    for content in read:
        assert all(name.endswith(".npy") for name in zipfile.ZipFile(io.BytesIO(content)).namelist())
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            assert all(arrays[name].dtype.kind in "fiuU" for name in arrays.files)


def test_the_check_for_pickle_can_fail() -> None:
    import pickle

    assert _is_pickle(pickle.dumps({"a": [1, 2, 3]}))
    assert not _is_pickle(b'{"a": 1}')


def test_the_parts_are_those_of_the_recipe(contents: dict[str, bytes]) -> None:
    recipe = yaml.safe_load(RASA_CONFIG.read_text(encoding="utf-8"))
    metadata = json.loads(next(content for name, content in contents.items() if name.endswith("metadata.json")))
    nodes = " ".join(metadata["predict_schema"]["nodes"])
    for component in (*recipe["pipeline"], *recipe["policies"]):
        assert component["name"] in nodes


def test_the_model_holds_no_whole_training_text(contents: dict[str, bytes]) -> None:
    """Pieces of letters and single words only: nobody's sentence can be read out of it."""
    everything = b"\n".join(content for name, content in contents.items() if not name.endswith(".npz")).decode("utf-8")
    for content in (content for name, content in contents.items() if name.endswith(".npz")):
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            if "pieces" in arrays.files:
                pieces = arrays["pieces"].tobytes().decode("utf-8").split("\n")
                assert max(len(piece.split()) for piece in pieces if piece.strip()) <= 2
    assert "he has a gun" not in everything
    assert "passport" not in everything
