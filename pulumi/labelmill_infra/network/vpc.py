"""The network: private subnets in two zones for what holds or reads the database, a public one for the scraper.

No NAT gateway: what is private reaches AWS through endpoints alone, and nothing else.
"""

from collections.abc import Sequence

import pulumi
from pulumi_aws import cloudwatch, ec2
from pulumi_aws import iam as aws_iam

from labelmill_infra import iam
from labelmill_infra.component import Component, Scope

from .firewall import Firewall

VPC = "10.20.0.0/16"
PRIVATE = ("10.20.0.0/20", "10.20.16.0/20")
PUBLIC = "10.20.128.0/20"
GATEWAYS = ("s3", "dynamodb")  # free
# Billed per zone and hour: what labeler, worker and annotators call, and what the agent on their machines does.
INTERFACES = (
    *("sqs", "sns", "scheduler", "secretsmanager"),
    *("ecs", "ecs-agent", "ecs-telemetry", "ecr.api", "ecr.dkr", "logs"),
)


class Network(Component):
    def __init__(
        self, noun: str, scope: Scope, *, region: str, zones: Sequence[pulumi.Input[str]], endpoint_zones: int
    ) -> None:
        super().__init__("Network", noun, scope)
        self.vpc = ec2.Vpc(
            self.name,
            cidr_block=VPC,
            enable_dns_hostnames=True,
            enable_dns_support=True,
            tags=self.tags,
            opts=self.child(),
        )
        # The group that machines get when nobody names one: closed.
        ec2.DefaultSecurityGroup(self.name, vpc_id=self.vpc.id, tags=self.tags, opts=self.child())
        self.private = [self._subnet(f"private-{at}", PRIVATE[at], zone) for at, zone in enumerate(zones)]
        self.public = self._subnet("public", PUBLIC, zones[0])
        private_routes = self._routes("private", self.private)
        public_routes = self._routes("public", [self.public])
        gateway = ec2.InternetGateway(self.name, vpc_id=self.vpc.id, tags=self.tags, opts=self.child())
        ec2.Route(
            f"{self.name}-out",
            route_table_id=public_routes.id,
            destination_cidr_block="0.0.0.0/0",
            gateway_id=gateway.id,
            opts=self.child(),
        )
        endpoints = [
            ec2.VpcEndpoint(
                f"{self.name}-{service}",
                vpc_id=self.vpc.id,
                service_name=f"com.amazonaws.{region}.{service}",
                vpc_endpoint_type="Gateway",
                route_table_ids=[private_routes.id, public_routes.id],
                tags=self.tags,
                opts=self.child(),
            )
            for service in GATEWAYS
        ]
        self.firewall = Firewall(
            "firewall", scope, vpc_id=self.vpc.id, gateway_lists=[one.prefix_list_id for one in endpoints]
        )
        for service in INTERFACES:
            ec2.VpcEndpoint(
                f"{self.name}-{service.replace('.', '-')}",
                vpc_id=self.vpc.id,
                service_name=f"com.amazonaws.{region}.{service}",
                vpc_endpoint_type="Interface",
                private_dns_enabled=True,
                subnet_ids=[subnet.id for subnet in self.private[:endpoint_zones]],
                security_group_ids=[self.firewall.endpoints.id],
                tags=self.tags,
                opts=self.child(),
            )
        self._flow_logs()
        self.register_outputs({"vpc": self.vpc.id})

    def _subnet(self, noun: str, block: str, zone: pulumi.Input[str]) -> ec2.Subnet:
        return ec2.Subnet(
            f"{self.name}-{noun}",
            vpc_id=self.vpc.id,
            cidr_block=block,
            availability_zone=zone,
            map_public_ip_on_launch=False,  # who needs an address asks for it
            tags=self.tags,
            opts=self.child(),
        )

    def _routes(self, noun: str, subnets: Sequence[ec2.Subnet]) -> ec2.RouteTable:
        table = ec2.RouteTable(f"{self.name}-{noun}", vpc_id=self.vpc.id, tags=self.tags, opts=self.child())
        for at, subnet in enumerate(subnets):
            ec2.RouteTableAssociation(
                f"{self.name}-{noun}-{at}", subnet_id=subnet.id, route_table_id=table.id, opts=self.child()
            )
        return table

    def _flow_logs(self) -> None:
        name = f"{self.name}-flow"
        logs = cloudwatch.LogGroup(
            name, retention_in_days=self.scope.log_retention_days, tags=self.tags, opts=self.child()
        )
        role = aws_iam.Role(
            name, assume_role_policy=iam.trust(["vpc-flow-logs.amazonaws.com"]), tags=self.tags, opts=self.child()
        )
        aws_iam.RolePolicy(
            name,
            role=role.id,
            policy=logs.arn.apply(lambda arn: iam.document(iam.watch_network(arn))),
            opts=self.child(),
        )
        ec2.FlowLog(
            name,
            vpc_id=self.vpc.id,
            traffic_type="ALL",
            log_destination=logs.arn,
            iam_role_arn=role.arn,
            max_aggregation_interval=600,
            tags=self.tags,
            opts=self.child(),
        )
