"""The short form that other sites show in a frame."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.servers.readers_site import ADDRESS, ReadersSite, opened

SITES = "https://lab.example, https://*.uni.example"
PATHS = ("/embed", "/embed/nlp")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReadersSite]:
    home = tmp_path_factory.mktemp("site") / "home"
    with opened(home, more={"DIGEST_SIGNUP_FRAMES": SITES}) as served:
        yield served


@pytest.mark.parametrize("path", PATHS)
def test_only_the_sites_of_the_settings_may_frame_the_form(site: ReadersSite, path: str) -> None:
    headers = site.client.get(site.url + path).headers
    policy = headers["content-security-policy"]
    assert policy.endswith("frame-ancestors https://lab.example https://*.uni.example")
    assert "x-frame-options" not in headers
    assert headers["cross-origin-resource-policy"] == "cross-origin"


@pytest.mark.parametrize("path", ["/", "/topics/nlp", "/link", "/waiting/x", "/embed/nothing"])
def test_no_other_page_can_be_framed(site: ReadersSite, path: str) -> None:
    headers = site.client.get(site.url + path).headers
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["x-frame-options"] == "DENY"


def test_without_the_setting_there_is_no_such_form(tmp_path: Path) -> None:
    with opened(tmp_path / "home") as served:
        for path in PATHS:
            assert served.client.get(served.url + path).status_code == 404
            answer = served.client.post(served.url + path, data={"email": ADDRESS})
            assert answer.status_code == 404


def test_a_reader_subscribes_in_a_frame_and_confirms_by_mail(site: ReadersSite) -> None:
    sent = site.sign_up("ada@one.example", path="/embed", keywords0="graph neural networks")
    assert (sent.status_code, "Look into your mail" in sent.text) == (200, True)
    assert "lab.example" in sent.headers["content-security-policy"]
    (message,) = site.messages()
    assert "Confirmed" in site.client.post(site.link(message, "confirm")).text
    # The code is typed on a page of its own, which cannot be framed.
    assert 'target="_blank"' in sent.text
    assert "/waiting/" in sent.text


def test_a_list_can_be_chosen_by_the_address_of_the_form(site: ReadersSite) -> None:
    before = len(site.messages())
    page = site.client.get(f"{site.url}/embed/robotics").text
    assert "<h1>Robotics</h1>" in page
    assert "<textarea" not in page
    sent = site.sign_up("ada@two.example", path="/embed/robotics", keywords0="")
    assert sent.status_code == 200
    message = site.messages()[before]
    site.client.post(site.link(message, "confirm"))
    assert "robotics" in str(site.place.rows()["subscription"])


def test_a_wrong_form_is_shown_in_the_frame_again(site: ReadersSite) -> None:
    answer = site.sign_up("nobody", path="/embed")
    assert (answer.status_code, "e-mail address" in answer.text) == (422, True)
    assert "lab.example" in answer.headers["content-security-policy"]


def test_the_forms_in_frames_need_the_invitation_too(tmp_path: Path) -> None:
    more = {
        "DIGEST_SIGNUP_FRAMES": SITES,
        "DIGEST_SIGNUP": "invite",
        "DIGEST_SIGNUP_INVITATION": "come-and-read",
    }
    with opened(tmp_path / "home", more=more) as served:
        closed = served.client.get(f"{served.url}/embed")
        assert "By invitation" in closed.text
        assert "lab.example" in closed.headers["content-security-policy"]
        opened_form = served.client.get(f"{served.url}/embed?invite=come-and-read")
        assert 'value="come-and-read"' in opened_form.text


def test_a_form_of_the_other_site_itself_is_not_taken(site: ReadersSite) -> None:
    """The frame shows our page, so what it sends comes from our origin."""
    fields = {"form": site.form("/embed"), "email": ADDRESS, "keywords0": "x", "wish": "signup"}
    headers = {"Sec-Fetch-Site": "cross-site", "Origin": "https://lab.example"}
    answer = site.client.post(f"{site.url}/embed", data=fields, headers=headers)
    assert answer.status_code == 403
