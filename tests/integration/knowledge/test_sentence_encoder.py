"""The packaged sentence-embedding model, as the extra `semantic` installs it."""

from pathlib import Path

import numpy as np
import pytest

from digest.errors import SettingsError
from digest.knowledge import model_files
from digest.knowledge.model_files import PACKAGED, ModelFiles, find_model
from digest.knowledge.sentence_encoder import SentenceEncoder, paper_text

pytest.importorskip("onnxruntime", reason="the extra semantic is not installed")
pytest.importorskip("tokenizers", reason="the extra semantic is not installed")


@pytest.fixture(scope="module")
def files() -> ModelFiles:
    return find_model(PACKAGED, home=Path())


@pytest.fixture(scope="module")
def encoder(files: ModelFiles) -> SentenceEncoder:
    return SentenceEncoder(files)


def test_a_paper_is_nearer_to_its_topic_than_to_another(encoder: SentenceEncoder) -> None:
    topic, other, paper = encoder.encode(
        [
            "speculative decoding of large language models",
            "soil moisture and droughts",
            paper_text("Faster LLM inference", "A draft model proposes tokens in advance."),
        ]
    )
    assert float(topic @ paper) > float(other @ paper) + 0.2


def test_a_vector_has_length_1_and_does_not_depend_on_the_other_texts(
    encoder: SentenceEncoder,
) -> None:
    texts = ["KV cache", "a" * 5000, "", "Zürich 深度学习"]
    together = encoder.encode(texts)
    alone = np.concatenate([encoder.encode([text]) for text in texts])
    assert np.array_equal(together, alone)
    assert np.allclose(np.linalg.norm(together, axis=1), 1.0, atol=1e-5)


def test_no_text_gives_no_vector(encoder: SentenceEncoder) -> None:
    assert len(encoder.encode([])) == 0


def test_a_folder_with_the_two_files_is_a_model_named_by_its_weights(
    files: ModelFiles, tmp_path: Path
) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "model.onnx").symlink_to(files.model)
    (folder / "tokenizer.json").symlink_to(files.tokenizer)
    own = find_model("mine", home=tmp_path)
    assert own.model_id.removeprefix("mine-") == files.model_id.removeprefix("minilm-")
    assert SentenceEncoder(own).encode(["KV cache"]).shape == (1, 384)


def test_a_missing_file_is_named_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"nowhere.model\.onnx.*DIGEST_SEMANTIC=minilm"):
        find_model("nowhere", home=tmp_path)


def test_other_weights_under_the_name_of_the_package_are_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(model_files, "_MODEL_SHA256", "0" * 64)
    with pytest.raises(SettingsError, match="SHA-256"):
        find_model(PACKAGED, home=Path())


def test_a_missing_package_is_named_with_the_command_that_installs_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(model_files, "_MODEL_PACKAGE", "no_such_package")
    with pytest.raises(SettingsError, match=r"no_such_package.*paper-digest\[semantic\]"):
        find_model(PACKAGED, home=Path())


def test_files_that_are_no_model_are_refused(tmp_path: Path) -> None:
    for name in ("model.onnx", "tokenizer.json"):
        (tmp_path / name).write_bytes(b"nothing")
    with pytest.raises(SettingsError, match="cannot be loaded"):
        SentenceEncoder(find_model(".", home=tmp_path))
