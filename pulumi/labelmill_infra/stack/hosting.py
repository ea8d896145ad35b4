"""Where the labeler lives: its network, its database, what Zappa's function needs, and CloudFront before it."""

import pulumi
import pulumi_aws as aws

from labelmill_infra.component import Scope
from labelmill_infra.network.vpc import Network
from labelmill_infra.role import Grant
from labelmill_infra.settings import StackSettings
from labelmill_infra.storage.bucket import PrivateBucket
from labelmill_infra.storage.database import NAME, USER, Database
from labelmill_infra.web.domain import Domain
from labelmill_infra.web.edge import Edge, Origin
from labelmill_infra.web.labeler import Labeler


class Hosting:
    def __init__(
        self,
        scope: Scope,
        settings: StackSettings,
        *,
        account: pulumi.Input[str],
        logs: PrivateBucket,
        alarms: pulumi.Input[str],
    ) -> None:
        found = aws.get_availability_zones_output(
            state="available",
            filters=[{"name": "opt-in-status", "values": ["opt-in-not-required"]}],  # no local zones
        ).names
        self.network = Network(
            "network",
            scope,
            region=settings.region,
            zones=settings.zones or [found[0], found[1]],
            endpoint_zones=settings.endpoint_zones,
        )
        self.database = Database(
            "database",
            scope,
            subnets=[subnet.id for subnet in self.network.private],
            group=self.network.firewall.database.id,
            least=settings.database_min,
            most=settings.database_max,
        )
        self.web = Labeler(
            "web",
            scope,
            region=settings.region,
            account=account,
            secret_key=settings.secret_key,
            origin_secret=settings.origin_secret,
            log_to=logs.bucket.id,
            alarms=alarms,
        )
        self.edge = self._edge(scope, settings, logs)
        self.connect = self.database.connect(settings.region, account)
        self._sleeps = settings.database_min == 0
        # Empty until CloudFront is there: the labeler answers nobody before.
        self.site_url: pulumi.Input[str] = settings.site_url or (self.edge.address if self.edge else "")

    def _edge(self, scope: Scope, settings: StackSettings, logs: PrivateBucket) -> Edge | None:
        """None before Zappa has deployed the labeler for the first time: there is nothing to stand before."""
        if not settings.api_domain:
            self.web.static.open_to()
            return None
        domain = Domain("domain", scope, domain=settings.domain, zone_id=settings.zone_id) if settings.domain else None
        origin = Origin(settings.api_domain, settings.stack, settings.origin_secret)
        return Edge("edge", scope, origin=origin, static=self.web.static, domain=domain, logs=logs)

    def grant_labeler(self) -> list[Grant]:
        """What the labeler's function is granted to run at all."""
        return [*self.web.grant_function(), self.connect]

    def environment(self) -> dict[str, pulumi.Input[str]]:
        """How the labeler, as function or as worker, finds its database."""
        url = pulumi.Output.concat("postgresql://", USER, "@", self.database.cluster.endpoint, ":5432/", NAME)
        return {
            "DATABASE_URL": pulumi.Output.concat(url, "?sslmode=verify-full"),
            "DATABASE_MAY_SLEEP": "1" if self._sleeps else "0",
        }

    def outputs(self) -> dict[str, pulumi.Input[str]]:
        subnets = pulumi.Output.all(*[subnet.id for subnet in self.network.private])
        secrets = self.database.cluster.master_user_secrets
        return {
            **self.web.outputs(),
            "database_arn": self.database.cluster.arn,
            "database_host": self.database.cluster.endpoint,
            "database_admin_secret_arn": secrets.apply(lambda found: found[0].secret_arn or "" if found else ""),
            "labeler_subnet_ids": subnets.apply(",".join),
            **{name.lower(): value for name, value in self.environment().items()},
            "labeler_group_id": self.network.firewall.labeler.id,
            "site_url": self.site_url,
            **(self.edge.outputs() if self.edge else {"distribution_id": "", "site_address": ""}),
        }
