"""The jobs that the scheduler starts."""

from collections.abc import Mapping

from digest.scheduler.job_runner import Job
from jobs.alert import alert
from jobs.collect import collect
from jobs.deliver import deliver
from jobs.publish import publish
from jobs.tidy import tidy

# The scheduler starts them in this order. The names are stored in the database.
JOBS: Mapping[str, Job] = {
    "collect": collect,
    "publish": publish,
    "deliver": deliver,
    "tidy": tidy,
    "attend": alert,
}

# If the first job did something, the second runs at once and not at its next time.
FOLLOWERS: Mapping[str, str] = {"collect": "publish", "publish": "deliver"}
