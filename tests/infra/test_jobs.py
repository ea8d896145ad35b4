"""What annotation jobs ask of the infrastructure beyond what every queue and bucket has."""

from labelmill_infra import topology
from labelmill_infra.recorded import RecordedStack


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
    assert [(rule["allowedMethods"], rule["allowedOrigins"]) for rule in rules] == [
        (["POST"], [recorded.outputs["site_url"]])
    ]


def test_the_bucket_tells_of_restored_results_and_of_nothing_else(recorded: RecordedStack) -> None:
    (told,) = recorded.of("aws:s3/bucketNotification:BucketNotification")
    (queue,) = told.inputs["queues"]
    assert queue["events"] == ["s3:ObjectRestore:Completed"]
