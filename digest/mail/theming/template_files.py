"""Finds the template folder, and reads the TOML files of an operator."""

import tomllib
from pathlib import Path
from typing import Any

from digest.errors import DigestError, SettingsError

WORDING_FILE = "mail/text.toml"  # in a template folder


def template_folder() -> Path:
    """Returns the folder with `mail/` and `web/`: in the wheel, or beside the package.

    Raises:
        DigestError: the installation has no templates.
    """
    package = Path(__file__).resolve().parents[2]
    # A wheel has them inside the package; a checkout and an editable install have them beside it.
    for folder in (package / "_templates", package.parent / "templates"):
        if (folder / WORDING_FILE).is_file():
            return folder
    raise DigestError(
        f"{package}: the templates are missing from this installation; install paper-digest again"
    )


def read_toml(file: Path) -> dict[str, Any]:
    """Reads a TOML file of the operator.

    Raises:
        FileNotFoundError: the file does not exist.
        SettingsError: the file cannot be read, or is not TOML in UTF-8.
    """
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise
    except OSError as error:
        raise SettingsError(f"{file}: cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{file}: {error}; correct it or delete the file") from error
    except ValueError:  # Python converts no number with thousands of digits
        problem = "a number is too long"
    except RecursionError:
        problem = "lists or tables are nested too deeply"
    raise SettingsError(f"{file}: {problem}; correct it or delete the file")
