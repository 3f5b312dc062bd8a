"""The JSON results of the commands. Other programs read them: keys and values must not change."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from msgspec.structs import asdict

if TYPE_CHECKING:
    from digest.core.enrichment.origins import PaperOrigin
    from digest.core.models.batches import BatchReport, Rejection
    from digest.core.models.editions import Candidate, RankedPaper
    from digest.core.models.papers import Paper
    from digest.core.subscribers.reconcile import SubscriptionChanges
    from digest.pipeline.delivery.deliver import DeliveryReport
    from digest.pipeline.editions.report import PublishReport
    from digest.pipeline.enrichment.report import EnrichReport
    from digest.pipeline.maintenance import MaintenanceReport
    from digest.pipeline.run import RunReport


def rejection(item: "Rejection") -> dict[str, Any]:
    """Returns one rejected paper or file."""
    return {"line": item.line, "reason": item.reason}


def batch(report: "BatchReport") -> dict[str, Any]:
    """Returns one batch; the counts add up to `papers`."""
    return {
        "source": report.source,
        "origin": report.origin,
        "announced": report.announced,
        "verdict": report.verdict,
        "papers": report.papers,
        "new": report.new,
        "listed": report.listed,
        "revised": report.revised,
        "withdrawn": report.withdrawn,
        "corrected": report.corrected,
        "published": report.published,
        "too_old": report.too_old,
        "duplicates": report.duplicates,
        "rejected": [rejection(item) for item in report.rejected],
    }


def batches(reports: Iterable["BatchReport"]) -> dict[str, Any]:
    """Returns the result of `collect`."""
    return {"batches": [batch(report) for report in reports]}


def paper(item: "Paper") -> dict[str, Any]:
    """Returns a paper as `parse` shows it."""
    return {
        "title": item.title,
        "abstract": item.abstract,
        "authors": list(item.authors),
        # Neither a number nor names: the number is unknown, not 0. Dumps often give neither.
        "author_count": item.author_count
        if item.author_count is not None
        else len(item.authors) or None,
        "published": item.published,
        "identifiers": {name.scheme: name.value for name in item.identifiers},
        "categories": list(item.categories),
        "votes": item.votes,
        "comments": item.comments,
        "stars": item.stars,
        "position": item.position,
        "url": item.link("abstract") or item.link("page"),
    }


def ranked(items: Iterable["RankedPaper"], names: Mapping[int, str]) -> dict[str, Any]:
    """Returns the result of `rank`, best first.

    Args:
        items: the ranked papers.
        names: the id to show for each paper id; without one, the paper id is shown.
    """
    from digest.core.editions.reasons import score_level

    return {
        "ranked": [
            {
                "id": _name(item.candidate, names),
                "title": item.candidate.paper.title,
                "score": round(item.score, 4),
                "level": score_level(item.score).value,
                "topic": item.topic,
                "matches": [
                    {
                        "keyword": match.keyword,
                        "field": match.field,
                        "contribution": round(match.contribution, 4),
                        "words": list(match.words),
                    }
                    for match in item.matches
                ],
            }
            for item in items
        ]
    }


def explained(
    items: Iterable["RankedPaper"],
    names: Mapping[int, str],
    origins: Mapping[int, Sequence["PaperOrigin"]],
) -> dict[str, Any]:
    """Returns the result of `explain`: that of `rank`, and where the data of each paper is from.

    Args:
        items: the ranked papers.
        names: the id to show for each paper id; without one, the paper id is shown.
        origins: which source gave what, by paper id.
    """
    papers = list(items)
    result = ranked(papers, names)
    for shown, item in zip(result["ranked"], papers, strict=True):
        shown["origins"] = [asdict(origin) for origin in origins.get(item.candidate.paper_id, ())]
    return result


def _name(item: "Candidate", names: Mapping[int, str]) -> str:
    return names.get(item.paper_id, str(item.paper_id))


def enriched(report: "EnrichReport") -> dict[str, Any]:
    """Returns the result of `enrich`."""
    return {
        "found": report.found,
        "waiting": report.waiting,
        "services": [
            {
                "service": item.service,
                "requests": item.requests,
                "asked": item.asked,
                "found": item.found,
                "described": item.described,
                "problem": item.problem or None,
            }
            for item in report.services
        ],
    }


def published(report: "PublishReport") -> dict[str, Any]:
    """Returns the result of `publish`; of many subscriptions, the first results and counts."""
    counts = {"subscriptions": report.subscriptions, "made": report.made}
    return {
        "published": [
            {
                "email": item.email,
                "subscription": item.subscription,
                "local_date": item.local_date,
                "edition": item.edition_id,
                "considered": item.considered,
                "papers": item.papers,
                "reason": item.reason or None,
                "next_due": item.next_due,
            }
            for item in report.results
        ],
        **(counts if report.subscriptions > len(report.results) else {}),
    }


def delivery(report: "DeliveryReport") -> dict[str, Any]:
    """Returns the result of `deliver`."""
    from digest.core.models.delivery import Deferred, InDoubt, Refused, Sent

    return {
        "sent": report.count(Sent),
        "deferred": report.count(Deferred),
        "refused": report.count(Refused),
        "in_doubt": report.count(InDoubt),
        "recovered": report.recovered,
        "expired": report.expired,
        "held": report.held,
        "suppressed": report.suppressed,
        "problem": report.problem or None,
        # An old word for messages. Other programs read this key, so it stays.
        "letters": [
            {
                "edition": item.edition_id,
                "email": item.email,
                "outcome": type(item.outcome).__name__.lower(),
                "reason": item.outcome.reply
                if isinstance(item.outcome, Sent)
                else item.outcome.reason,
            }
            for item in report.delivered
        ],
    }


def subscription_changes(changes: "SubscriptionChanges") -> dict[str, Any]:
    """Returns the numbers of subscriptions that the profile files changed."""
    return {
        "started": len(changes.start),
        "updated": len(changes.updated),
        "resumed": len(changes.resume),
        "ended": len(changes.end),
    }


def maintenance(claims: int, done: "MaintenanceReport") -> dict[str, Any]:
    """Returns the result of `tidy`."""
    kinds = Counter(str(item.kind) for item in done.processed)
    pruned, readers = done.pruned, done.pruned_readers
    return {
        "claims": claims,
        "bounces": dict(kinds),
        "removed": None
        if pruned is None
        else {
            "before": pruned.before,
            "editions": pruned.editions,
            "abstracts": pruned.abstracts,
            "sightings": pruned.sightings,
            "batches": pruned.batches,
        },
        "removed_readers": None
        if readers is None
        else {"before": readers.before, "readers": readers.readers, "bounces": readers.bounces},
        "pages": done.pages,
        "problems": list(done.problems),
    }


def run(report: "RunReport") -> dict[str, Any]:
    """Returns the result of `run`: the results of its stages."""
    return {
        **batches(report.batches),
        "enriched": enriched(report.enriched),
        "subscriptions": subscription_changes(report.subscription_changes),
        **published(report.published),
        "delivery": delivery(report.delivery),
        "tidied": maintenance(report.released_claims, report.maintenance),
        "warnings": [
            *report.subscription_changes.warnings,
            *report.source_warnings,
            *filter(None, [report.published.model_problem]),
        ],
        "errors": [*map(str, report.profile_errors), *report.maintenance.problems],
    }
