"""The packages that some requirements need, without a download: links to those of the tests.

Other installed packages cannot be imported there, so what is not required is missing.
"""

from collections.abc import Iterable
from importlib.metadata import distribution
from pathlib import Path

from packaging.requirements import Requirement


def link_packages(requirements: Iterable[str], target: Path) -> None:
    """Links what the requirements need, and what that needs, into a folder of packages.

    Args:
        requirements: As in the metadata of a package; their packages are installed here.
        target: The folder `site-packages` of another environment.
    """
    open_ones = [Requirement(line) for line in requirements]
    done: set[tuple[str, str]] = set()
    while open_ones:
        needed = open_ones.pop()
        for extra in ("", *needed.extras):
            if (needed.name, extra) in done:
                continue
            done.add((needed.name, extra))
            found = distribution(needed.name)
            if not extra:
                _link_files(Path(str(found.locate_file(""))), found.files or (), target)
            open_ones += [
                further
                for further in map(Requirement, found.requires or ())
                if further.marker is None or further.marker.evaluate({"extra": extra})
            ]


def _link_files(folder: Path, files: Iterable[Path | object], target: Path) -> None:
    for name in {str(file).partition("/")[0] for file in files} - {"..", "__pycache__"}:
        if not (target / name).exists():
            (target / name).symlink_to(folder / name)
