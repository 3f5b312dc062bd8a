"""The lists with which readers can begin: starter profiles and files of the home."""

from pathlib import Path

import pytest

from digest.config.profiles import gallery
from digest.errors import UsageError
from digest.pipeline.signup.profile_choices import offered_lists


def test_all_starter_profiles_are_offered_if_none_is_named(tmp_path: Path) -> None:
    starters = {item.name: item for item in gallery.starter_profiles()}
    offered = list(offered_lists((), home=tmp_path))
    assert [item.name for item in offered] == list(starters)
    for item in offered:
        described = f"{item.title}: {item.about}" if item.about else item.title
        assert described == starters[item.name].description
        assert [topic.name for topic in item.topics] == [
            topic.name for topic in item.profile.topics
        ]
        assert not item.is_joined


def test_named_lists_are_offered_in_their_order(tmp_path: Path) -> None:
    starter = gallery.find("robotics")
    (tmp_path / "my-field.toml").write_text(starter.text, "utf-8")
    own, named = offered_lists(("my-field.toml", "robotics"), home=tmp_path)
    assert (own.name, own.title, own.about) == ("my-field", "My field", "")
    assert (named.name, named.profile) == ("robotics", own.profile)


def test_a_starter_profile_that_does_not_exist_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="robotics"):
        list(offered_lists(("robotic",), home=tmp_path))
