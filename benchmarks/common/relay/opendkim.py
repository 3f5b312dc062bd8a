"""Debian's opendkim, from its package and without installing it, as a judge of signatures."""

import os
import re
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

# What it links to, beside what every Debian has.
LIBRARIES = (
    "libbsd0",
    "libdb5.3",
    "libevent-2.1-7",
    "libhashkit2",
    "libldap-2.5-0",
    "liblua5.3-0",
    "libmd0",
    "libmemcached11",
    "libmilter1.0.1",
    "libopendbx1",
    "libopendkim11",
    "librbl1",
    "libsasl2-2",
    "libunbound8",
    "libvbr2",
)
_GOOD = re.compile(r"verification \(.*\) succeeded")


def unverified(messages: Sequence[bytes], *, record: str, name: str, packages: Path) -> int:
    """How many of the messages it does not verify.

    Args:
        messages: with CRLF or LF.
        record: what the TXT record says.
        name: where it is.
        packages: the folder to unpack in.
    """
    root = _root(packages)
    lib = [path.parent for path in root.rglob("lib*.so*") if path.is_file()]
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        (work / "keys").write_text(f"{name} {record}\n")
        (work / "conf").write_text(f"Mode v\nSyslog no\nTestPublicKeys {work}/keys\n")
        good = 0
        for number, message in enumerate(messages):
            file = work / f"{number}.eml"
            file.write_bytes(message.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))
            done = subprocess.run(
                [root / "usr/sbin/opendkim", "-x", work / "conf", "-t", file, "-v"],
                env={**os.environ, "LD_LIBRARY_PATH": ":".join(map(str, dict.fromkeys(lib)))},
                capture_output=True,
                text=True,
                check=False,
            )
            good += bool(_GOOD.search(done.stdout + done.stderr))
    return len(messages) - good


def _root(packages: Path) -> Path:
    """The root of the packages' files."""
    root = packages / "opendkim-package"
    if not root.exists():
        packages.chmod(0o755)  # apt downloads as another user
        names = ("opendkim", *LIBRARIES)
        subprocess.run(["apt-get", "download", "-q", *names], cwd=packages, check=True)
        for name in names:
            (deb,) = packages.glob(f"{name}_*.deb")
            subprocess.run(["dpkg", "-x", deb, root], check=True)
    return root
