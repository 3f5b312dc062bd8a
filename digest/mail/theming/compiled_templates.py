"""Keeps the compiled code of the program's own templates, so that a run need not compile them.

The files are where Python keeps compiled modules: in `__pycache__` beside the templates, or below
PYTHONPYCACHEPREFIX. As with modules, nothing is written where Python may write none, and a file that
cannot be written is no error.
"""

import importlib.util
import os
import sys
import threading
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from pickle import UnpicklingError

import jinja2
from jinja2.bccache import Bucket

from digest.version import __version__


class CompiledTemplates(jinja2.BytecodeCache):
    """The files of compiled templates. Jinja checks in each that the template has not changed.

    Only for templates that run outside the sandbox, as it needs other code.

    Args:
        folder: of the templates.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get_cache_key(self, name: str, filename: str | None = None) -> str:
        """Returns the name of the file for a template.

        Args:
            name: of the template, such as `mail/card.html`.
            filename: where it was read.
        """
        # Another version of Jinja or of our filters may compile the same template to other code.
        versions = f"{filename}|{jinja2.__version__}|{__version__}"
        return f"{name.replace('/', '.')}-{sha256(versions.encode()).hexdigest()[:12]}"

    def load_bytecode(self, bucket: Bucket) -> None:
        """Loads the code of a template, if there is some of its present text."""
        # A file that was cut short counts as none: the template is then compiled and kept again.
        with suppress(OSError, EOFError, UnpicklingError):
            bucket.bytecode_from_string(self._file(bucket).read_bytes())

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Writes the code of a template, if Python may write compiled modules."""
        if sys.dont_write_bytecode:
            return
        file = self._file(bucket)
        # Others may read or write the file now, so it appears with its whole content.
        new = file.with_name(f"{file.name}.{os.getpid()}.{threading.get_ident()}")
        with suppress(OSError):
            file.parent.mkdir(parents=True, exist_ok=True)
            new.write_bytes(bucket.bytecode_to_string())
            new.replace(file)

    def _file(self, bucket: Bucket) -> Path:
        return Path(importlib.util.cache_from_source(str(self._folder / f"{bucket.key}.py")))
