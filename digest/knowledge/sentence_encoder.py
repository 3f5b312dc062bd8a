"""Turns texts into vectors with a sentence-embedding model, on the CPU.

The vector of a text is the mean of the model's outputs for its tokens, divided by its length
(N. Reimers and I. Gurevych, Sentence-BERT, 2019, arXiv:1908.10084). The cosine of two texts is the
product of their vectors.
"""

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from digest.errors import SettingsError
from digest.knowledge.model_files import ModelFiles

MAX_TOKENS = 128
"""Longer texts are cut. Measured on researchers' libraries, 256 tokens rank no better and take
twice the time."""

Vectors = npt.NDArray[np.float32]


class SentenceEncoder:
    """A model in memory: about 420 MB, loaded in two seconds.

    Args:
        files: from `find_model`.
        threads: CPU threads for one text.

    Raises:
        SettingsError: the files are not a model that this program can use.
    """

    def __init__(self, files: ModelFiles, *, threads: int = 1) -> None:
        # Imported here: the two packages take half a second, and few homes use them.
        import onnxruntime
        from tokenizers import Tokenizer

        self.model_id = files.model_id
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        try:
            self._session: Any = onnxruntime.InferenceSession(
                str(files.model), options, providers=["CPUExecutionProvider"]
            )
            self._tokenizer: Any = Tokenizer.from_file(str(files.tokenizer))
        except Exception as error:  # both packages raise many types, also plain Exception
            raise SettingsError(
                f"DIGEST_SEMANTIC: {files.model.parent} cannot be loaded: {error}"
            ) from error
        self._tokenizer.enable_truncation(max_length=MAX_TOKENS)
        # Padding would count in the mean of the outputs.
        self._tokenizer.no_padding()
        self._inputs = {item.name for item in self._session.get_inputs()}

    def encode(self, texts: Iterable[str]) -> Vectors:
        """Returns the vectors of texts: a row of length 1 for each.

        Each text is encoded by itself. In a batch, the rounding of a model with int8 weights
        depends on the other texts, so the same text would get different vectors.
        """
        rows = [self._encode(text) for text in texts]
        return np.array(rows, dtype=np.float32) if rows else np.zeros((0, 0), dtype=np.float32)

    def _encode(self, text: str) -> Vectors:
        tokens = self._tokenizer.encode(text)
        inputs = {
            "input_ids": tokens.ids,
            "attention_mask": tokens.attention_mask,
            "token_type_ids": tokens.type_ids,
        }
        (output, *_) = self._session.run(
            None,
            {
                name: np.array([values], dtype=np.int64)
                for name, values in inputs.items()
                if name in self._inputs
            },
        )
        mean: Vectors = output[0].mean(axis=0)
        length = float(np.linalg.norm(mean))
        return mean / length if length else mean


def paper_text(title: str, abstract: str) -> str:
    """Returns the text of a paper that is encoded."""
    return f"{title}. {abstract}" if abstract else title
