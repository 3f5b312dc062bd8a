"""Check of `digest doctor`: the channels to which digests go. It sends no message."""

from collections.abc import Iterator

from digest.app.channels import build_channels, missing_channel
from digest.config.channels.tables import FEED
from digest.config.profiles import loader as profile_loader
from digest.core.profiles.presentation import channel_of
from digest.doctor.findings import CheckContext, CheckResult, ok, problem


def check_channels(context: CheckContext) -> Iterator[CheckResult]:
    """Checks `channels.toml`, its folders and programs, and the names in profile files."""
    channels = build_channels(context.home.path, base_url=context.settings().base_url)
    used: dict[str, list[str]] = {}
    for path in profile_loader.find_files(context.home.profiles_folder):
        name = channel_of(profile_loader.read(path))
        if name is not None:
            used.setdefault(name, []).append(path.name)
    for name, files in used.items():
        if name not in channels:
            yield problem(f"{', '.join(files)}: {missing_channel(name, channels)}")
    own = [name for name in channels if name != FEED or name in used]
    wrong = {name: text for name in own if (text := channels[name].ask(now=context.now))}
    yield from (problem(f"channel {name}: {text}") for name, text in wrong.items())
    good = [name for name in own if name not in wrong]
    if good:
        yield ok(f"{', '.join(good)}; to send a test message: digest channels test {good[0]}")
    elif not own and not used:
        yield ok("none; all digests go by mail")
