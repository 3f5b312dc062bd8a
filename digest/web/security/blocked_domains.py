"""The operator's file of domains whose addresses may not sign up."""

from collections.abc import Callable
from pathlib import Path
from threading import Lock

from digest.core.signup.limits import read_domains
from digest.errors import SettingsError


class BlockedDomains:
    """Reads the file, and reads it again when it has changed.

    Args:
        file: DIGEST_SIGNUP_BLOCKED; None: there is no file.
        log: takes one line for the operator.

    Raises:
        SettingsError: the file cannot be read now.
    """

    def __init__(self, file: Path | None, *, log: Callable[[str], None]) -> None:
        self._file = file
        self._log = log
        self._lock = Lock()
        self._state = (0, 0)
        self._domains: frozenset[str] = frozenset()
        try:
            self._read_again()
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError(f"DIGEST_SIGNUP_BLOCKED: {file} cannot be read: {error}") from None

    def read(self) -> frozenset[str]:
        """Returns the domains; those of before if the file cannot be read any more."""
        with self._lock:
            try:
                self._read_again()
            except (OSError, UnicodeDecodeError) as error:
                self._log(
                    f"serve: DIGEST_SIGNUP_BLOCKED: {self._file} cannot be read, so the domains"
                    f" of before stay blocked: {error}"
                )
        return self._domains

    def _read_again(self) -> None:
        if self._file is None:
            return
        found = self._file.stat()
        state = (found.st_mtime_ns, found.st_size)
        if state != self._state:
            self._domains = read_domains(self._file.read_text("utf-8"))
            self._state = state
