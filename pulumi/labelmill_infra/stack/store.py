"""Where data rests: the buckets and the table of what was seen."""

import pulumi

from labelmill_infra.component import Scope
from labelmill_infra.storage.bucket import PrivateBucket
from labelmill_infra.storage.tables import SeenTable

# A message may lie in two queues for 14 days each: what it points to must outlive both.
HANDOFF_DAYS = 35


class Store:
    def __init__(self, scope: Scope, *, log_to: pulumi.Input[str]) -> None:
        self.posts = PrivateBucket("posts", scope, log_to=log_to, expire_days={"handoff/": HANDOFF_DAYS})
        self.labels = PrivateBucket("labels", scope, log_to=log_to, versioned=True)
        self.releases = PrivateBucket("releases", scope, log_to=log_to, versioned=True)
        self.seen = SeenTable("seen", scope)

    def outputs(self) -> dict[str, pulumi.Input[str]]:
        return {
            "posts_bucket": self.posts.bucket.id,
            "labels_bucket": self.labels.bucket.id,
            "releases_bucket": self.releases.bucket.id,
            "seen_table": self.seen.table.name,
        }
