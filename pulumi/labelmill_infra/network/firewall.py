"""Who may connect to whom inside the network. Nothing takes connections from outside it."""

from collections.abc import Sequence

import pulumi
from pulumi_aws import ec2, vpc

from labelmill_infra.component import Component, Scope

HTTP, HTTPS, POSTGRES = 80, 443, 5432


class Firewall(Component):
    """One security group a part, with rules from part to part."""

    def __init__(
        self, noun: str, scope: Scope, *, vpc_id: pulumi.Input[str], gateway_lists: Sequence[pulumi.Input[str]]
    ) -> None:
        """`gateway_lists`: prefix lists of the services behind gateway endpoints."""
        super().__init__("Firewall", noun, scope)
        self._vpc_id = vpc_id
        self.endpoints = self._group("endpoints", "AWS services inside the network")
        self.database = self._group("database", "PostgreSQL")
        self.labeler = self._group("labeler", "The labeler's function")
        self.worker = self._group("worker", "Machines of the worker")
        self.scraper = self._group("scraper", "Machines of the scraper")
        # The scraper's machine too: inside the network the names of AWS's services lead to the endpoints.
        self._connect("scraper-endpoints", self.scraper, self.endpoints, HTTPS)
        for noun_, group in (("labeler", self.labeler), ("worker", self.worker)):
            self._connect(f"{noun_}-endpoints", group, self.endpoints, HTTPS)
            self._connect(f"{noun_}-database", group, self.database, POSTGRES)
            for at, prefix_list in enumerate(gateway_lists):
                vpc.SecurityGroupEgressRule(
                    f"{self.name}-{noun_}-gateway-{at}",
                    security_group_id=group.id,
                    prefix_list_id=prefix_list,
                    ip_protocol="tcp",
                    from_port=HTTPS,
                    to_port=HTTPS,
                    tags=self.tags,
                    opts=self.child(),
                )
        for port in (HTTP, HTTPS):
            vpc.SecurityGroupEgressRule(
                f"{self.name}-scraper-{port}",
                security_group_id=self.scraper.id,
                cidr_ipv4="0.0.0.0/0",  # the web; the scraper's own proxy refuses inside addresses
                ip_protocol="tcp",
                from_port=port,
                to_port=port,
                tags=self.tags,
                opts=self.child(),
            )
        self.register_outputs({})

    def _group(self, noun: str, description: str) -> ec2.SecurityGroup:
        return ec2.SecurityGroup(
            f"{self.name}-{noun}", vpc_id=self._vpc_id, description=description, tags=self.tags, opts=self.child()
        )

    def _connect(self, noun: str, source: ec2.SecurityGroup, target: ec2.SecurityGroup, port: int) -> None:
        """Both halves of a permission: out of one group, into the other."""
        vpc.SecurityGroupEgressRule(
            f"{self.name}-{noun}",
            security_group_id=source.id,
            referenced_security_group_id=target.id,
            ip_protocol="tcp",
            from_port=port,
            to_port=port,
            tags=self.tags,
            opts=self.child(),
        )
        vpc.SecurityGroupIngressRule(
            f"{self.name}-{noun}",
            security_group_id=target.id,
            referenced_security_group_id=source.id,
            ip_protocol="tcp",
            from_port=port,
            to_port=port,
            tags=self.tags,
            opts=self.child(),
        )
