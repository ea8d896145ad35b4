"""The container cluster, and machines for each kind of task: started when tasks wait, ended when none are left."""

import base64
from collections.abc import Sequence

import pulumi
from pulumi_aws import autoscaling, ec2, ecs
from pulumi_aws import iam as aws_iam

from labelmill_infra import iam
from labelmill_infra.component import Component, Scope

# AWS keeps the newest image of the container service's own system under this name.
_IMAGE = "resolve:ssm:/aws/service/ecs/optimized-ami/amazon-linux-2023/{machine}recommended/image_id"
DISK_GIB = 30


class Cluster(Component):
    def __init__(self, noun: str, scope: Scope) -> None:
        super().__init__("Cluster", noun, scope)
        self.cluster = ecs.Cluster(
            self.name,
            # Counts running tasks for the worker's scaling.
            settings=[{"name": "containerInsights", "value": "enabled"}],
            tags=self.tags,
            opts=self.child(),
        )
        self.register_outputs({"name": self.cluster.name})

    def offers(self, providers: Sequence[ecs.CapacityProvider]) -> ecs.ClusterCapacityProviders:
        """To be called once, with all of them."""
        return ecs.ClusterCapacityProviders(
            self.name,
            cluster_name=self.cluster.name,
            capacity_providers=[one.name for one in providers],
            opts=self.child(),
        )


class Fleet(Component):
    """Spot or on demand; an instance knows its own role only, and no container reaches its metadata."""

    def __init__(
        self,
        noun: str,
        scope: Scope,
        *,
        cluster: ecs.Cluster,
        subnets: Sequence[pulumi.Input[str]],
        group: pulumi.Input[str],
        public: bool,
        instance_type: str,
        architecture: str,
        spot: bool,
        most: int,
    ) -> None:
        """`group`: the security group; `public`: whether machines get an address (there is no ingress anyway)."""
        super().__init__("Fleet", noun, scope)
        profile = self._profile(cluster)
        template = ec2.LaunchTemplate(
            self.name,
            image_id=_IMAGE.format(machine="arm64/" if architecture == "arm64" else ""),
            instance_type=instance_type,
            iam_instance_profile={"arn": profile.arn},
            # Hop limit 1: the answer to a container's request ends at the machine.
            metadata_options={"http_tokens": "required", "http_endpoint": "enabled", "http_put_response_hop_limit": 1},
            block_device_mappings=[
                {
                    "device_name": "/dev/xvda",
                    "ebs": {
                        "volume_size": DISK_GIB,
                        "volume_type": "gp3",
                        "encrypted": "true",
                        "delete_on_termination": "true",
                    },
                }
            ],
            network_interfaces=[{"associate_public_ip_address": str(public).lower(), "security_groups": [group]}],
            monitoring={"enabled": True},
            user_data=cluster.name.apply(_user_data),
            update_default_version=True,
            tag_specifications=[{"resource_type": kind, "tags": self.tags} for kind in ("instance", "volume")],
            tags=self.tags,
            opts=self.child(),
        )
        machines = autoscaling.Group(
            self.name,
            min_size=0,
            max_size=most,
            vpc_zone_identifiers=subnets,
            protect_from_scale_in=True,  # the capacity provider ends a machine only when no task is on it
            mixed_instances_policy={
                "instances_distribution": {
                    "on_demand_base_capacity": 0,
                    "on_demand_percentage_above_base_capacity": 0 if spot else 100,
                    "spot_allocation_strategy": "price-capacity-optimized",
                },
                "launch_template": {
                    "launch_template_specification": {"launch_template_id": template.id, "version": "$Latest"}
                },
            },
            capacity_rebalance=spot,
            tags=[
                {"key": key, "value": value, "propagate_at_launch": False}
                for key, value in {**self.tags, "AmazonECSManaged": "true"}.items()
            ],
            opts=self.child(),
        )
        self.provider = ecs.CapacityProvider(
            self.name,
            auto_scaling_group_provider={
                "auto_scaling_group_arn": machines.arn,
                "managed_termination_protection": "ENABLED",
                "managed_draining": "ENABLED",
                "managed_scaling": {"status": "ENABLED", "target_capacity": 100, "maximum_scaling_step_size": 2},
            },
            tags=self.tags,
            opts=self.child(),
        )
        self.register_outputs({"provider": self.provider.name})

    def _profile(self, cluster: ecs.Cluster) -> aws_iam.InstanceProfile:
        role = aws_iam.Role(
            self.name, assume_role_policy=iam.trust(["ec2.amazonaws.com"]), tags=self.tags, opts=self.child()
        )
        aws_iam.RolePolicy(self.name, role=role.id, policy=cluster.arn.apply(iam.container_agent), opts=self.child())
        return aws_iam.InstanceProfile(self.name, role=role.name, tags=self.tags, opts=self.child())


def _user_data(cluster: str) -> str:
    lines = [
        f"ECS_CLUSTER={cluster}",
        "ECS_ENABLE_SPOT_INSTANCE_DRAINING=true",
        "ECS_AWSVPC_BLOCK_IMDS=true",
        "ECS_CONTAINER_STOP_TIMEOUT=2m",  # a worker finishes what it has in hand
        "ECS_IMAGE_PULL_BEHAVIOR=once",
    ]
    written = "\n".join(f"echo {line} >> /etc/ecs/ecs.config" for line in lines)
    # Containers get the credentials of their task's role; those of the machine are refused to them by the firewall too.
    refused = "iptables --insert DOCKER-USER --destination 169.254.169.254/32 --jump REJECT"
    return base64.b64encode(f"#!/bin/sh\n{written}\n{refused} || true\n".encode()).decode()
