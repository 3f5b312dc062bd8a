"""The jobs that the scheduler starts."""

from collections.abc import Mapping

from digest.scheduler.job_runner import Job
from jobs.alert import alert
from jobs.collect import collect
from jobs.deliver import deliver
from jobs.enrich import enrich
from jobs.publish import publish
from jobs.tidy import tidy
from jobs.webhooks import webhooks

# The scheduler starts them in this order. The names are stored in the database.
JOBS: Mapping[str, Job] = {
    "collect": collect,
    "enrich": enrich,
    "publish": publish,
    "deliver": deliver,
    "tidy": tidy,
    "webhooks": webhooks,
    "attend": alert,
}

# If the first job did something, the others run at once and not at their next time.
FOLLOWERS: Mapping[str, tuple[str, ...]] = {
    "collect": ("enrich", "publish"),
    "publish": ("deliver",),
}
