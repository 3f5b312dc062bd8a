"""Profiles: check one, see what it would have brought, and how much mail that is."""

from digest.client.wire.papers import (
    ApiKeywordReport,
    ApiPostedProfile,
    ApiPreview,
    ApiPreviewTopic,
    ApiProfileCheck,
    ApiVolume,
    ApiVolumeDay,
    ApiVolumePoint,
    ApiVolumeRequest,
)
from digest.core.access.scopes import Scope
from digest.pipeline.access import posted_profiles
from digest.pipeline.publishing.replay import replay
from digest.web.api.endpoints import converting
from digest.web.api.ranking_queue import Waiting
from digest.web.api.routing import ApiEndpoint, Parts


async def check_profile(parts: Parts, queue: Waiting, body: ApiPostedProfile) -> ApiProfileCheck:
    """Find mistakes in a profile, and show what each keyword found in the last 30 days."""

    def check() -> ApiProfileCheck:
        checked = posted_profiles.check(
            parts.store, body.profile, now=parts.clock(), models=parts.models()
        )
        report = checked.report
        return ApiProfileCheck(
            ok=not checked.problems,
            problems=converting.findings(checked.problems),
            warnings=converting.findings(checked.warnings),
            papers=report.papers if report else 0,
            matched=report.matched if report else 0,
            keywords=[
                ApiKeywordReport(
                    topic=item.topic,
                    keyword=item.keyword,
                    papers=item.papers,
                    matched=item.matched,
                )
                for item in (report.keywords if report else ())
            ],
        )

    return await queue.run(check)


async def preview_profile(parts: Parts, queue: Waiting, body: ApiPostedProfile) -> ApiPreview:
    """Show which papers of the last week a profile would have brought."""

    def preview() -> ApiPreview:
        profile = posted_profiles.parse(parts.store, body.profile)
        found = parts.week().preview(profile, now=parts.clock())
        return ApiPreview(
            papers=found.papers,
            topics=[
                ApiPreviewTopic(
                    topic=topic.name, number=topic.number, best=converting.ranked(topic.papers)
                )
                for topic in found.topics
            ],
        )

    return await queue.run(preview)


async def profile_volume(parts: Parts, queue: Waiting, body: ApiVolumeRequest) -> ApiVolume:
    """Show how many papers a day a profile would have brought, also with another min_match."""

    def volume() -> ApiVolume:
        found = replay(
            parts.store,
            posted_profiles.parse(parts.store, body.profile),
            days=body.days,
            now=parts.clock(),
            models=parts.models(),
        )
        return ApiVolume(
            papers_a_day=round(found.papers_per_digest, 2),
            days=[
                ApiVolumeDay(
                    date=edition.local_date,
                    considered=edition.considered,
                    matched=edition.matched,
                    papers=len(edition.entries),
                )
                for edition in found.editions
            ],
            curve=[
                ApiVolumePoint(min_match=point.min_match, papers_a_day=round(point.papers_a_day, 2))
                for point in found.curve
            ],
        )

    return await queue.run(volume)


ENDPOINTS = (
    ApiEndpoint(method="POST", path="/profiles/check", scope=Scope.PAPERS_READ, call=check_profile),
    ApiEndpoint(
        method="POST", path="/profiles/preview", scope=Scope.PAPERS_READ, call=preview_profile
    ),
    ApiEndpoint(
        method="POST", path="/profiles/volume", scope=Scope.PAPERS_READ, call=profile_volume
    ),
)
