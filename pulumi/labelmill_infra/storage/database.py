"""PostgreSQL: Aurora Serverless v2 in the private subnets, entered by IAM tokens over TLS."""

from collections.abc import Sequence

import pulumi
from pulumi_aws import rds
from pulumi_aws.rds import EngineMode, EngineType

from labelmill_infra import iam
from labelmill_infra.component import Component, Scope
from labelmill_infra.role import Grant

# The major version alone: AWS picks the minor one, upgrades it by itself and takes old ones from its list.
ENGINE, VERSION, FAMILY = EngineType.AURORA_POSTGRESQL, "16", "aurora-postgresql16"
_DRIFT = ["engineVersion"]
NAME, USER = "labelmill", "labeler"
PAUSE_AFTER_SECONDS = 600
BACKUP_DAYS = 14


class Database(Component):
    """No RDS Proxy: its connections keep the database from falling asleep."""

    def __init__(
        self,
        noun: str,
        scope: Scope,
        *,
        subnets: Sequence[pulumi.Input[str]],
        group: pulumi.Input[str],
        least: float,
        most: float,
    ) -> None:
        """`least` and `most` in capacity units; with `least` 0 it sleeps when nobody is connected."""
        super().__init__("Database", noun, scope)
        subnet_group = rds.SubnetGroup(self.name, subnet_ids=subnets, tags=self.tags, opts=self.child())
        parameters = rds.ClusterParameterGroup(
            self.name,
            family=FAMILY,
            parameters=[{"name": "rds.force_ssl", "value": "1"}],
            tags=self.tags,
            opts=self.child(),
        )
        self.cluster = rds.Cluster(
            self.name,
            engine=ENGINE,
            engine_mode=EngineMode.PROVISIONED,
            engine_version=VERSION,
            database_name=NAME,
            master_username="postgres",
            manage_master_user_password=True,  # kept and rotated in Secrets Manager, seen by nobody
            iam_database_authentication_enabled=True,
            enable_http_endpoint=True,  # the one way in that makes the labeler's user, with no machine to log in to
            serverlessv2_scaling_configuration={
                "min_capacity": least,
                "max_capacity": most,
                "seconds_until_auto_pause": PAUSE_AFTER_SECONDS if least == 0 else None,
            },
            db_subnet_group_name=subnet_group.name,
            db_cluster_parameter_group_name=parameters.name,
            vpc_security_group_ids=[group],
            storage_encrypted=True,
            backup_retention_period=BACKUP_DAYS,
            copy_tags_to_snapshot=True,
            deletion_protection=scope.protect,
            skip_final_snapshot=not scope.protect,
            final_snapshot_identifier=f"{self.name}-last" if scope.protect else None,
            enabled_cloudwatch_logs_exports=["postgresql"],
            tags=self.tags,
            opts=self.child(holds_data=True, ignore_changes=_DRIFT),
        )
        rds.ClusterInstance(
            self.name,
            cluster_identifier=self.cluster.id,
            engine=ENGINE,
            engine_version=VERSION,
            instance_class="db.serverless",
            publicly_accessible=False,
            performance_insights_enabled=True,
            auto_minor_version_upgrade=True,
            tags=self.tags,
            opts=self.child(ignore_changes=_DRIFT),
        )
        self.register_outputs({"host": self.cluster.endpoint})

    def connect(self, region: str, account: pulumi.Input[str]) -> Grant:
        """Log in as the labeler's user, with a token instead of a password."""
        known = pulumi.Output.all(self.cluster.cluster_resource_id, account)
        return known.apply(
            lambda both: iam.allow(["rds-db:connect"], [f"arn:aws:rds-db:{region}:{both[1]}:dbuser:{both[0]}/{USER}"])
        )
