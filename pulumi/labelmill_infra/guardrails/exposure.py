"""What can be reached from where, and what machines and images are like."""

import base64
import json
from collections.abc import Iterator

from labelmill_infra.recorded import RecordedStack, statements

# Roles of what lives in private subnets, by how their names end.
PRIVATE = ("-labeler", "-worker", "-annotator")
CALLED_BY_OTHERS = {
    "ec2": "Lambda itself makes a function's interface",
    "iam": "passing a role is a right, no call",
    "lambda": "the API Gateway invokes the labeler",
    "logs": "Lambda itself writes a function's log",
    "rds-db": "the database is in the network",
    "xray": "Lambda itself sends a function's traces",
}
EVERYWHERE = ("0.0.0.0/0", "::/0")
GROUP = "aws:ec2/securityGroup:SecurityGroup"
RULE = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate"
DISTRIBUTION = "aws:cloudfront/distribution:Distribution"


def nothing_is_reached_from_outside(stack: RecordedStack) -> Iterator[str]:
    """The labeler's two doors, CloudFront and the API Gateway, are no part of the network."""
    for rule in stack.of(RULE):
        if rule.inputs.get("cidrIpv4") in EVERYWHERE or rule.inputs.get("cidrIpv6") in EVERYWHERE:
            yield f"{rule} lets everybody connect"
    for group in stack.of(GROUP):
        if group.inputs.get("ingress") or group.inputs.get("egress"):
            yield f"{group} has rules of its own, which no rule here sees"


def private_programs_reach_what_they_use(stack: RecordedStack) -> Iterator[str]:
    """Without an endpoint, a call to a service waits until it times out."""
    offered = {one.inputs["serviceName"].rsplit(".", 1)[-1] for one in stack.of("aws:ec2/vpcEndpoint:VpcEndpoint")}
    for policy in stack.of("aws:iam/rolePolicy:RolePolicy"):
        if not policy.name.endswith(PRIVATE):
            continue
        used = {action.split(":")[0] for one in statements(policy, "policy") for action in one["Action"]}
        for service in sorted(used - offered - CALLED_BY_OTHERS.keys()):
            yield f"{policy} allows {service}, which no endpoint leads to"


def networks_are_watched(stack: RecordedStack) -> Iterator[str]:
    watched = {one.inputs.get("vpcId") for one in stack.of("aws:ec2/flowLog:FlowLog")}
    closed = {one.inputs.get("vpcId") for one in stack.of("aws:ec2/defaultSecurityGroup:DefaultSecurityGroup")}
    for network in stack.of("aws:ec2/vpc:Vpc"):
        if network.outputs["id"] not in watched:
            yield f"{network} keeps no flow logs"
        if network.outputs["id"] not in closed:
            yield f"{network} has an open default security group"


def machines_keep_their_role(stack: RecordedStack) -> Iterator[str]:
    for template in stack.of(TEMPLATE):
        options = template.inputs.get("metadataOptions", {})
        if options.get("httpTokens") != "required":
            yield f"{template} answers for its role without a token (IMDSv1)"
        if options.get("httpPutResponseHopLimit") != 1:
            yield f"{template} answers containers for its role: hop limit {options.get('httpPutResponseHopLimit')}"
        disks = template.inputs.get("blockDeviceMappings", [])
        if not disks or any(disk["ebs"].get("encrypted") != "true" for disk in disks):
            yield f"{template} has a disk that is not encrypted"
        if b"AWS_SECRET" in base64.b64decode(template.inputs.get("userData", "")):
            yield f"{template} starts with a secret that every process there can read"


def images_are_checked(stack: RecordedStack) -> Iterator[str]:
    for repository in stack.of("aws:ecr/repository:Repository"):
        if not repository.inputs.get("imageScanningConfiguration", {}).get("scanOnPush"):
            yield f"{repository} does not scan what is pushed"
        if repository.inputs.get("imageTagMutability") != "IMMUTABLE":
            yield f"{repository} lets a tag mean another image tomorrow"


def containers_are_confined(stack: RecordedStack) -> Iterator[str]:
    for task in stack.of("aws:ecs/taskDefinition:TaskDefinition"):
        for container in json.loads(task.inputs["containerDefinitions"]):
            if container.get("privileged") or container.get("user"):
                yield f"{task} runs as another user than its image says"
            if "no-new-privileges" not in container.get("dockerSecurityOptions", []):
                yield f"{task} may gain rights by what it starts"
            if container.get("linuxParameters", {}).get("capabilities", {}).get("drop") != ["ALL"]:
                yield f"{task} keeps capabilities of root"
            if container.get("readonlyRootFilesystem") is not True:
                yield f"{task} may write into its own programs"


def visitors_come_by_tls(stack: RecordedStack) -> Iterator[str]:
    for one in stack.of(DISTRIBUTION):
        behaviors = [one.inputs["defaultCacheBehavior"], *one.inputs.get("orderedCacheBehaviors", [])]
        if any(each["viewerProtocolPolicy"] not in ("redirect-to-https", "https-only") for each in behaviors):
            yield f"{one} answers without TLS"
        if any(not each.get("responseHeadersPolicyId") for each in behaviors):
            yield f"{one} answers without security headers"
        for origin in one.inputs["origins"]:
            custom = origin.get("customOriginConfig")
            if custom and custom["originProtocolPolicy"] != "https-only":
                yield f"{one} reaches {origin['originId']} without TLS"
            if not custom and not origin.get("originAccessControlId"):
                yield f"{one} needs {origin['originId']} to be public"


def nothing_else_invokes_the_labeler(stack: RecordedStack) -> Iterator[str]:
    """An event that does not come from the API Gateway can run any code in Zappa's function."""
    name = stack.outputs.get("labeler_function_name", "")
    for one in stack.of(
        "aws:lambda/eventSourceMapping:EventSourceMapping",
        "aws:lambda/permission:Permission",
        "aws:sns/topicSubscription:TopicSubscription",
        "aws:scheduler/schedule:Schedule",
        "aws:s3/bucketNotification:BucketNotification",
    ):
        if name and f":function:{name}'" in f"{one.inputs}":
            yield f"{one} sends events to the labeler's function"
