"""The jobs that the scheduler starts, and which job follows which."""

from collections.abc import Mapping

from digest.scheduler.job_runner import Job
from jobs.alert import alert
from jobs.collect import collect
from jobs.deliver import deliver
from jobs.publish import publish
from jobs.tidy import tidy

# In the order of the first round.
JOBS: Mapping[str, Job] = {
    "collect": collect,
    "publish": publish,
    "deliver": deliver,
    "tidy": tidy,
    "attend": alert,
}

# When the first job did something, the second need not wait for its own next slot.
FOLLOWERS: Mapping[str, str] = {"collect": "publish", "publish": "deliver"}
