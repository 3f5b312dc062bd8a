"""Relays that are really such, from Debian's packages, in namespaces of their own.

Needs root, `unshare`, `apt-get download` and `dpkg`. Nothing is installed: what is mounted
and added is seen by the relay alone, and gone with it.
"""

import os
import signal
import smtplib
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

INSIDE = Path(__file__).with_name("inside.sh")


@dataclass(frozen=True)
class Relay:
    """A running relay. It keeps mail to example.org; Postfix discards that to discard.example."""

    port: int
    maildir: Path
    log: Path


def package(name: str, folder: Path) -> Path:
    """The root of a Debian package's files, unpacked below the folder."""
    root = folder / f"{name}-package"
    if root.exists():
        return root
    folder.chmod(0o755)  # apt downloads as another user
    got = subprocess.run(["apt-get", "download", "-q", name], cwd=folder, check=False)
    if got.returncode:
        subprocess.run(["apt-get", "update", "-q"], check=True, stdout=subprocess.DEVNULL)
        subprocess.run(["apt-get", "download", "-q", name], cwd=folder, check=True)
    (deb,) = folder.glob(f"{name}_*.deb")
    subprocess.run(["dpkg", "-x", deb, root], check=True)
    return root


@contextmanager
def relay(name: str, packages: Path) -> Iterator[Relay]:
    """`postfix` or `opensmtpd`, ready for mail."""
    root = package(name, packages)
    with tempfile.TemporaryDirectory(prefix="paper-digest-relay-") as folder:
        work = Path(folder)
        port = _free_port()
        command = ["unshare", "-m", "-p", "-f", "--mount-proc", "--kill-child", "sh", str(INSIDE)]
        process = subprocess.Popen(
            [*command, name, str(root), str(work), str(port)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            _wait_for(port, process)
            yield Relay(port=port, maildir=work / "mail" / "Maildir", log=work / "log")
        finally:
            with suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGKILL)  # and with it the namespace
            process.wait(timeout=30)
            time.sleep(0.2)  # the namespace's last processes let go of the folder


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
        return port


def _wait_for(port: int, process: "subprocess.Popen[bytes]") -> None:
    for _ in range(150):
        if process.poll() is not None:
            break
        with suppress(OSError, smtplib.SMTPException), smtplib.SMTP("127.0.0.1", port, "test"):
            return
        time.sleep(0.2)
    raise SystemExit("the relay does not start")
