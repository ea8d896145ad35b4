"""The container cluster: which kinds of machines tasks may ask for."""

from collections.abc import Sequence

from pulumi_aws import ecs

from .component import Component, Scope


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
