"""docs/howto/web.md: with its lines, nginx and Caddy pass a one-click unsubscription on."""

import re
import shutil
import socket
import ssl
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import trustme
from support.documentation.blocks import ROOT, blocks
from support.homes import DigestHome, Mailbox

PAGE = ROOT / "docs" / "howto" / "web.md"


def lines_of(language: str) -> str:
    (block,) = (block for block in blocks(PAGE) if block.language == language)
    return block.text


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
        return port


def changed(text: str, *changes: tuple[str, str]) -> str:
    """The page's lines at this test's ports and certificates; each must be there."""
    for old, new in changes:
        assert re.search(old, text), old
        text = re.sub(old, new, text)
    return text


def nginx(folder: Path, *, port: int, behind: int) -> list[str]:
    server = changed(
        lines_of("nginx"),
        ("443 ssl", f"127.0.0.1:{port} ssl"),
        ("digest.example.org;", "localhost;"),
        (r"/\S+fullchain.pem", f"{folder}/chain.pem"),
        (r"/\S+privkey.pem", f"{folder}/key.pem"),
        ("8025", str(behind)),
    )
    places = "".join(
        f"{name}_temp_path {folder}/{name};\n"
        for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "nginx.conf").write_text(
        f"daemon off; master_process off; pid {folder}/pid; error_log stderr;\n"
        f"events {{}}\nhttp {{\n{places}{server}}}\n"
    )
    return ["nginx", "-c", str(folder / "nginx.conf"), "-e", "stderr"]


def caddy(folder: Path, *, port: int, behind: int) -> list[str]:
    text = changed(
        lines_of("caddy"),
        ("digest.example.org {", f"https://localhost:{port} {{\n    tls chain.pem key.pem"),
        ("8025", str(behind)),
    )
    (folder / "Caddyfile").write_text("{\n    admin off\n    auto_https off\n}\n" + text)
    return ["caddy", "run", "--config", str(folder / "Caddyfile"), "--adapter", "caddyfile"]


@contextmanager
def running(
    command: list[str], port: int, *, folder: Path, environ: dict[str, str] | None = None
) -> Iterator[None]:
    program = subprocess.Popen(
        command, cwd=folder, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    try:
        while True:
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except OSError:
                assert program.stderr is not None
                assert program.poll() is None, program.stderr.read().decode()
                time.sleep(0.05)
        yield
    finally:
        program.terminate()
        program.communicate()


@pytest.mark.parametrize("server", [nginx, caddy], ids=["nginx", "caddy"])
def test_one_click_goes_through(
    server: Callable[..., list[str]],
    digest_home: DigestHome,
    mailbox: Mailbox,
    samples: list[Path],
    tmp_path: Path,
) -> None:
    if shutil.which(server.__name__) is None:
        pytest.skip(f"no {server.__name__} on the PATH to try the page's lines with")
    port, behind = free_port(), free_port()
    authority = trustme.CA()
    issued = authority.issue_cert("localhost")
    issued.private_key_pem.write_to_path(str(tmp_path / "key.pem"))
    for part in issued.cert_chain_pems:
        part.write_to_path(str(tmp_path / "chain.pem"), append=True)
    digest_home.environ["DIGEST_BASE_URL"] = f"https://localhost:{port}"
    digest_home.profile("ada")
    digest_home.dump(samples[0])
    digest_home.json("run")
    link = re.search(r"<(https://[^>]+)>", str(mailbox.messages()[0]["List-Unsubscribe"]))
    assert link is not None
    serve = [sys.executable, "-m", "digest", "--home", str(digest_home.path), "serve"]
    with (
        running(
            [*serve, "--listen", f"127.0.0.1:{behind}"],
            behind,
            folder=tmp_path,
            environ=digest_home.whole_environ(),
        ),
        running(server(tmp_path, port=port, behind=behind), port, folder=tmp_path),
    ):
        trusting = ssl.create_default_context()
        authority.configure_trust(trusting)
        asked = urllib.request.Request(link[1], data=b"List-Unsubscribe=One-Click", method="POST")
        with urllib.request.urlopen(asked, context=trusting) as answer:
            assert answer.status == 200
    assert digest_home.json("subscribers", "show", "ada@example.org")["status"] == "unsubscribed"
