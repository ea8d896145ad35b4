"""What a stack costs a month when nobody uses it, counted from what the program registers.

Prices of us-east-1 in dollars, on demand, without free tiers, as AWS lists them; look them up before you rely on them.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from labelmill_infra.recorded import RecordedStack

HOURS = 730
ENDPOINT_HOUR = 0.01  # each zone of an interface endpoint
CAPACITY_HOUR = 0.12  # a unit of Aurora Serverless v2
MACHINE_HOUR = {"t4g.small": 0.0168, "t4g.medium": 0.0336, "t3.small": 0.0208}
SPOT_SHARE = 0.4  # of the price on demand; it moves
DISK_GB = 0.08
DATABASE_GB, DATABASE_SIZE = 0.10, 10
KEY, SECRET, ALARM, DASHBOARD = 1.00, 0.40, 0.10, 3.00
# A queue's function is fed by five pollers that each ask three times a minute.
POLLS_A_FUNCTION, POLLS_A_WORKER = 5 * 3 * 60 * HOURS, 2 * 30 * 60 * HOURS
MILLION_REQUESTS = 0.40
METRIC = 0.30  # of one's own, a month; Container Insights' and those of detailed monitoring are billed as such
MACHINE_METRICS, CLUSTER_METRICS, SERVICE_METRICS = 7, 8, 16
IMAGES_GB, IMAGE_GB = 10, 0.10  # twenty images of a repository, most of whose layers are the same


@dataclass(frozen=True)
class Item:
    what: str
    count: str
    dollars: float
    service: str  # that it is billed by, by its module in the program


def list_items(stack: RecordedStack) -> list[Item]:
    return [item for item in _items(stack) if item.dollars]


def sum_dollars(items: list[Item]) -> float:
    return sum(item.dollars for item in items)


def _items(stack: RecordedStack) -> Iterator[Item]:
    for endpoint in stack.of("aws:ec2/vpcEndpoint:VpcEndpoint"):
        zones = len(endpoint.inputs.get("subnetIds", []))  # those of gateways, in no subnet, are free
        service = endpoint.inputs["serviceName"].split(".", 3)[3]
        yield Item(f"Endpoint {service}, zones", f"{zones}", zones * ENDPOINT_HOUR * HOURS, "ec2")
    for cluster in stack.of("aws:rds/cluster:Cluster"):
        units = cluster.inputs["serverlessv2ScalingConfiguration"]["minCapacity"]
        yield Item("Aurora, fewest units", f"{units:g}", units * CAPACITY_HOUR * HOURS, "rds")
        yield Item("Aurora storage, GB", f"{DATABASE_SIZE}", DATABASE_SIZE * DATABASE_GB, "rds")
    yield from _machines(stack)
    yield _each(stack, "Alarms", ALARM, "cloudwatch", "aws:cloudwatch/metricAlarm:MetricAlarm")
    yield _each(stack, "Dashboards", DASHBOARD, "cloudwatch", "aws:cloudwatch/dashboard:Dashboard")
    yield _each(stack, "Keys", KEY, "kms", "aws:kms/key:Key")
    # The database's own secret is made by the database.
    yield _each(
        stack, "Secrets", SECRET, "secretsmanager", "aws:secretsmanager/secret:Secret", "aws:rds/cluster:Cluster"
    )
    functions = len(list(stack.of("aws:lambda/eventSourceMapping:EventSourceMapping")))
    millions = (functions * POLLS_A_FUNCTION + POLLS_A_WORKER) / 1e6
    yield Item("SQS asked for nothing, million times", f"{millions:.1f}", millions * MILLION_REQUESTS, "sqs")
    yield from _watching(stack)


def _watching(stack: RecordedStack) -> Iterator[Item]:
    """Container Insights, and the images that a registry keeps: those of a year's releases share their layers."""
    for cluster in stack.of("aws:ecs/cluster:Cluster"):
        if {"name": "containerInsights", "value": "enabled"} in cluster.inputs.get("settings", []):
            services = len(list(stack.of("aws:ecs/service:Service")))
            metrics = CLUSTER_METRICS + services * SERVICE_METRICS
            yield Item("Container Insights, metrics", f"{metrics}", metrics * METRIC, "cloudwatch")
    repositories = len(list(stack.of("aws:ecr/repository:Repository")))
    size = repositories * IMAGES_GB
    yield Item("Images, GB", f"{size}", size * IMAGE_GB, "ecr")


def _machines(stack: RecordedStack) -> Iterator[Item]:
    """One: the worker's, on which the first worker task always runs. The scraper's are there while it scrapes."""
    for group in stack.of("aws:autoscaling/group:Group"):
        if not group.name.endswith("-worker-machines"):
            continue
        template = next(one for one in stack.of("aws:ec2/launchTemplate:LaunchTemplate") if one.name == group.name)
        kind = template.inputs["instanceType"]
        spread = group.inputs["mixedInstancesPolicy"]["instancesDistribution"]
        is_spot = spread["onDemandPercentageAboveBaseCapacity"] == 0
        share = SPOT_SHARE if is_spot else 1
        yield Item(
            f"Machine {kind}{', spot' if is_spot else ''}", "1", MACHINE_HOUR[kind] * share * HOURS, "autoscaling"
        )
        size = template.inputs["blockDeviceMappings"][0]["ebs"]["volumeSize"]
        yield Item("Its disk, GB", f"{size}", size * DISK_GB, "autoscaling")
        if template.inputs.get("monitoring", {}).get("enabled"):
            yield Item("Its detailed monitoring, metrics", f"{MACHINE_METRICS}", MACHINE_METRICS * METRIC, "cloudwatch")


def _each(stack: RecordedStack, what: str, price: float, service: str, *kinds: str) -> Item:
    count = len(list(stack.of(*kinds)))
    return Item(what, f"{count}", count * price, service)


def format_table(stacks: list[RecordedStack]) -> str:
    """A section of Markdown for each stack."""
    parts = []
    for stack in stacks:
        items = list_items(stack)
        rows = [f"| {item.what} | {item.count} | {item.dollars:.2f} |" for item in items]
        head = [f"### {stack.name}", "", "| what | units | $ |", "|---|---:|---:|"]
        parts.append("\n".join([*head, *rows, f"| **together** | | **{sum_dollars(items):.2f}** |"]) + "\n")
    return "\n".join(parts)
