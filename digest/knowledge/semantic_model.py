"""The sentence model that the settings choose: vectors of papers and of keywords.

Vectors are rounded to multiples of `digest.core.background.table.VECTOR_UNIT`, so that their products
are exact, and stored as float16, which holds these multiples without loss.
"""

from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from digest.core.background.table import SAMPLE_UNIT, unit
from digest.core.text.tokens import ENGLISH
from digest.knowledge.model_files import PACKAGED, ModelFiles, find_model
from digest.knowledge.sentence_encoder import SentenceEncoder, paper_text

Array = Any

_STORED = np.dtype("<f2")

SAMPLE = Path(__file__).parent / "minilm" / "sample.npy"
"""int8: the vectors of some background papers, in multiples of `SAMPLE_UNIT`."""


class SemanticModel:
    """A sentence model. Its files are looked for, and it is loaded, when it is first needed.

    Args:
        setting: `minilm`, or a folder relative to the home.
        home: the home folder.
    """

    def __init__(self, setting: str, *, home: Path) -> None:
        self._setting, self._home = setting, home
        self._texts: dict[str, Array] = {}

    @cached_property
    def files(self) -> ModelFiles:
        """The files of the model.

        Raises:
            SettingsError: one is missing, or is not what it should be.
        """
        return find_model(self._setting, home=self._home)

    @property
    def model_id(self) -> str:
        """Names the weights; vectors of different models are never compared."""
        return self.files.model_id

    def reads(self, language: str) -> bool:
        """Returns whether the model can read a language: the packaged one knows only English."""
        return self._setting != PACKAGED or language == ENGLISH

    def paper_vectors(self, papers: Iterable[tuple[str, str]]) -> list[Array]:
        """Returns the vector of each paper, float32.

        Args:
            papers: titles and abstracts.

        Raises:
            SettingsError: the model cannot be used.
        """
        texts = [paper_text(title, abstract) for title, abstract in papers]
        return [_rounded(row) for row in self._encoder.encode(texts)]

    def text_vectors(self, texts: Sequence[str]) -> Array:
        """Returns the vectors of texts as rows, float32; each text is encoded once.

        Raises:
            SettingsError: the model cannot be used.
        """
        missing = [text for text in dict.fromkeys(texts) if text not in self._texts]
        rows = map(_rounded, self._encoder.encode(missing))
        self._texts.update(zip(missing, rows, strict=True))
        return np.array([self._texts[text] for text in texts], dtype=np.float32)

    @cached_property
    def sample(self) -> Array | None:
        """What is near and what is average for this model: vectors of papers as rows, float32.

        The packaged model comes with those of a sample of the background papers, so it ranks from
        the first day on, and a score means the same on every day. None for other models.
        """
        if self._setting != PACKAGED:
            return None
        return np.load(SAMPLE).astype(np.float32) * np.float32(SAMPLE_UNIT)

    @cached_property
    def _encoder(self) -> SentenceEncoder:
        return SentenceEncoder(self.files)


def to_bytes(vector: Array) -> bytes:
    """Returns a vector as it is stored."""
    return np.asarray(vector).astype(_STORED).tobytes()


def from_bytes(stored: bytes) -> Array:
    """Returns a stored vector, float32."""
    return np.frombuffer(stored, dtype=_STORED).astype(np.float32)


def write_sample(vectors: Sequence[Array], file: Path) -> None:
    """Writes the sample of a model.

    Args:
        vectors: of papers, from `SemanticModel.paper_vectors`.
        file: where to write.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    np.save(file, np.clip(np.rint(np.array(vectors) / SAMPLE_UNIT), -127, 127).astype(np.int8))


def _rounded(row: Array) -> Array:
    return unit(row.astype(np.float64)).astype(np.float32)
