"""Who can connect to whom, by the rules that the program registers."""

from labelmill_infra.recorded import RecordedStack, statements

INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
EGRESS = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"


def connections(stack: RecordedStack) -> set[tuple[str, str, int]]:
    """(from, to, port) where one group lets out and the other lets in: one half alone connects nobody."""

    def noun(group: str) -> str:
        return group.rsplit("-", 1)[-1]

    out = {
        (
            noun(one.inputs["securityGroupId"]),
            noun(one.inputs.get("referencedSecurityGroupId", "")),
            one.inputs["toPort"],
        )
        for one in stack.of(EGRESS)
    }
    into = {
        (noun(one.inputs["referencedSecurityGroupId"]), noun(one.inputs["securityGroupId"]), one.inputs["toPort"])
        for one in stack.of(INGRESS)
    }
    assert into <= out
    return into


def test_programs_reach_the_services_and_only_the_labelers_the_database(prod: RecordedStack) -> None:
    assert connections(prod) == {
        ("labeler", "endpoints", 443),
        ("worker", "endpoints", 443),
        ("scraper", "endpoints", 443),  # inside the network the services' names lead there
        ("labeler", "database", 5432),
        ("worker", "database", 5432),
    }


def test_the_web_is_reached_from_the_scraper_alone(prod: RecordedStack) -> None:
    out = {
        (one.inputs["securityGroupId"], one.inputs["toPort"]) for one in prod.of(EGRESS) if one.inputs.get("cidrIpv4")
    }
    assert out == {("labelmill-prod-firewall-scraper", 80), ("labelmill-prod-firewall-scraper", 443)}


def test_private_subnets_have_no_way_out(prod: RecordedStack) -> None:
    routes = {one.inputs["routeTableId"] for one in prod.of("aws:ec2/route:Route")}
    assert routes == {"labelmill-prod-network-public"}
    private = [
        one.inputs["subnetId"]
        for one in prod.of("aws:ec2/routeTableAssociation:RouteTableAssociation")
        if one.inputs["routeTableId"] not in routes
    ]
    assert sorted(private) == ["labelmill-prod-network-private-0", "labelmill-prod-network-private-1"]


def test_endpoints_stand_in_as_many_zones_as_are_paid_for(dev: RecordedStack, prod: RecordedStack) -> None:
    def zones(stack: RecordedStack) -> set[int]:
        endpoints = stack.of("aws:ec2/vpcEndpoint:VpcEndpoint")
        return {len(one.inputs["subnetIds"]) for one in endpoints if one.inputs["vpcEndpointType"] == "Interface"}

    assert (zones(dev), zones(prod)) == ({1}, {2})


def test_flow_logs_find_their_group_before_they_write_to_it(recorded: RecordedStack) -> None:
    for log in recorded.of("aws:ec2/flowLog:FlowLog"):
        (role,) = [one for one in recorded.of("aws:iam/role:Role") if one.outputs["arn"] == log.inputs["iamRoleArn"]]
        actions = {
            action
            for policy in recorded.of("aws:iam/rolePolicy:RolePolicy")
            if policy.inputs["role"] == role.outputs["id"]
            for one in statements(policy, "policy")
            for action in one["Action"]
        }
        assert {"logs:DescribeLogGroups", "logs:DescribeLogStreams", "logs:PutLogEvents"} <= actions
