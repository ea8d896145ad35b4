"""What annotation jobs ask of the infrastructure beyond what every queue and bucket has."""

from labelmill_infra import topology
from labelmill_infra.recorded import RecordedStack, statements
from labelmill_local.recorder import record


def test_a_job_outlives_many_killed_workers(recorded: RecordedStack) -> None:
    queues = {one.name: one for one in recorded.of("aws:sqs/queue:Queue")}
    (jobs,) = [one for name, one in queues.items() if name.endswith("-jobs")]
    assert jobs.json("redrivePolicy")["maxReceiveCount"] == topology.JOBS_RECEIVES == 20


def test_browsers_post_files_from_the_site_alone(recorded: RecordedStack) -> None:
    rules = [
        rule
        for one in recorded.of("aws:s3/bucketCorsConfiguration:BucketCorsConfiguration")
        if "jobs" in one.name
        for rule in one.inputs["corsRules"]
    ]
    site = recorded.outputs["site_url"]
    assert [(rule["allowedMethods"], rule["allowedOrigins"]) for rule in rules] == (
        [(["POST"], [site])] if site else []
    )


def test_the_site_is_where_the_edge_is_unless_a_setting_says_otherwise(prod: RecordedStack) -> None:
    assert prod.outputs["site_url"] == prod.outputs["site_address"] == "https://label.example.org"
    api = {"apiDomain": "abc.execute-api.us-east-1.amazonaws.com"}
    without_domain = record("dev", package="/nowhere.zip", **api)
    assert without_domain.outputs["site_url"] == "https://d111111abcdef8.cloudfront.net"
    (notify,) = [one for one in without_domain.of("aws:lambda/function:Function") if one.name.endswith("-notify")]
    assert notify.inputs["environment"]["variables"]["SITE_URL"] == "https://d111111abcdef8.cloudfront.net"
    told = record("dev", package="/nowhere.zip", **api, siteUrl="https://here.example")
    assert told.outputs["site_url"] == "https://here.example"


def test_the_bucket_tells_of_restored_results_and_of_nothing_else(recorded: RecordedStack) -> None:
    (told,) = recorded.of("aws:s3/bucketNotification:BucketNotification")
    (queue,) = told.inputs["queues"]
    assert queue["events"] == ["s3:ObjectRestore:Completed"]


def test_the_scraper_may_read_buckets_that_sources_name_and_no_others(bare: dict[str, RecordedStack]) -> None:
    """`jsonl:s3://theirs/2026/` lists the bucket and reads its objects."""

    def allowed(stack: RecordedStack) -> list[tuple[list[str], list[str]]]:
        return [
            (one["Action"], one["Resource"])
            for policy in stack.of("aws:iam/rolePolicy:RolePolicy")
            for one in statements(policy, "policy")
            if any("theirs" in arn for arn in one["Resource"])
        ]

    assert allowed(bare["dev"]) == []
    assert allowed(record("dev", package="/nowhere.zip", sourceBuckets="theirs, theirs-too")) == [
        (["s3:ListBucket"], ["arn:aws:s3:::theirs", "arn:aws:s3:::theirs-too"]),
        (["s3:GetObject"], ["arn:aws:s3:::theirs/*", "arn:aws:s3:::theirs-too/*"]),
    ]
