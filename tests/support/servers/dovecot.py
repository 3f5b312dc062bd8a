"""A real IMAP server (Dovecot) on loopback, without root, with one account and TLS."""

import os
import pwd
import shutil
import socket
import ssl
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import trustme

PASSWORD = "s3cret word"
PROGRAM = shutil.which("dovecot") or next(
    (path for path in ("/usr/sbin/dovecot", "/usr/local/sbin/dovecot") if Path(path).exists()), None
)

_CONFIG = """\
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
protocols = imap
listen = 127.0.0.1
ssl = required
ssl_cert = <{folder}/server.pem
ssl_key = <{folder}/server.pem
mail_location = maildir:{folder}/mail
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
auth_mechanisms = plain login
auth_failure_delay = 0 secs
first_valid_uid = 1
passdb {{
  driver = passwd-file
  args = scheme=PLAIN {folder}/users
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {plain}
  }}
  inet_listener imaps {{
    port = {tls}
    ssl = yes
  }}
}}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImapServer:
    """A running server."""

    folder: Path
    tls: int  # the ports
    plain: int
    ca_file: Path

    def url(self, mailbox: str = "INBOX", *, tls: bool = True) -> str:
        scheme, port = ("imaps", self.tls) if tls else ("imap", self.plain)
        return f"{scheme}://ada%40example.org@127.0.0.1:{port}/{mailbox}"

    def deliver(self, message: bytes, name: str, *, mailbox: str = "") -> Path:
        """Puts a message into a mailbox, as a mail server does."""
        box = self.folder / "mail" / mailbox
        for part in ("tmp", "new", "cur"):
            (box / part).mkdir(parents=True, exist_ok=True)
        path = box / "new" / name
        path.write_bytes(message)
        self.own()
        return path

    def own(self) -> None:
        """Gives all files to the user of the server."""
        _give(self.folder)


def _user() -> pwd.struct_passwd:
    return pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())


def _give(folder: Path) -> None:
    if os.geteuid() == 0:
        user = _user()
        for path in (folder, *folder.rglob("*")):
            os.chown(path, user.pw_uid, user.pw_gid, follow_symlinks=False)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


@contextmanager
def dovecot() -> Iterator[ImapServer]:
    """Starts the server, and stops it."""
    import grp

    assert PROGRAM is not None
    user = _user()
    # Not in a folder of pytest, which the other user must not enter; and paths of sockets are short.
    folder = Path(tempfile.mkdtemp(prefix="dovecot-", dir="/tmp"))
    process = None
    try:
        authority = trustme.CA()
        certificate = authority.issue_cert("127.0.0.1")
        certificate.private_key_and_cert_chain_pem.write_to_path(str(folder / "server.pem"))
        authority.cert_pem.write_to_path(str(folder / "ca.pem"))
        (folder / "users").write_text(f"ada@example.org:{{PLAIN}}{PASSWORD}\n")
        server = ImapServer(
            folder=folder, tls=_free_port(), plain=_free_port(), ca_file=folder / "ca.pem"
        )
        (folder / "dovecot.conf").write_text(
            _CONFIG.format(
                folder=folder,
                user=user.pw_name,
                group=grp.getgrgid(user.pw_gid).gr_name,
                uid=user.pw_uid,
                gid=user.pw_gid,
                tls=server.tls,
                plain=server.plain,
            )
        )
        for name in ("", "Alerts"):
            server.deliver(b"", "none", mailbox=f".{name}" if name else "").unlink()
        is_root = os.geteuid() == 0
        process = subprocess.Popen(
            [PROGRAM, "-F", "-c", str(folder / "dovecot.conf")],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=(folder / "errors").open("wb"),
            user=user.pw_uid if is_root else None,
            group=user.pw_gid if is_root else None,
            extra_groups=[] if is_root else None,
        )
        _wait(server, process)
        yield server
    finally:
        if process is not None:
            process.terminate()
            process.wait(120)
        shutil.rmtree(folder, ignore_errors=True)


def _wait(server: ImapServer, process: "subprocess.Popen[bytes]") -> None:
    for _ in range(2000):
        if process.poll() is not None:
            break
        try:
            with (
                socket.create_connection(("127.0.0.1", server.tls), timeout=120) as connection,
                ssl.create_default_context(cafile=server.ca_file).wrap_socket(
                    connection, server_hostname="127.0.0.1"
                ) as secured,
            ):
                if secured.recv(100).startswith(b"* OK"):
                    return
        except OSError:
            time.sleep(0.05)
    texts = [
        path.read_text() for name in ("errors", "log") if (path := server.folder / name).exists()
    ]
    raise AssertionError("\n".join(["dovecot did not start", *texts]))
