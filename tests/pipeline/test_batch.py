"""The one loop of all functions, on messages that are worked on one by one."""

from pipeline import batch, failures
from pipeline.schema import Json
from tests.fakes.memory import MemoryClock, MemoryStore


def run(*bodies: str) -> tuple[list[Json], MemoryStore, list[Json], list[Json]]:
    """What was worked on, the notes, the lines that were logged, and what SQS delivers again."""
    worked: list[Json] = []
    notes, said = MemoryStore(), list[Json]()

    def work(value: Json) -> None:
        if "broken" in value:
            raise KeyError(value["broken"])
        worked.append(value)

    records = [
        {
            "messageId": f"m{at}",
            "body": body,
            "attributes": {"ApproximateReceiveCount": "3", "SentTimestamp": "1767225600000"},
            "messageAttributes": {"trace_id": {"stringValue": f"t{at}"}},
            "eventSourceARN": "arn:aws:sqs:eu-central-1:000000000000:labelmill-prod-notify",
        }
        for at, body in enumerate(bodies)
    ]
    answer = batch.run(
        {"Records": records},
        batch.one_by_one(work),
        stage="notify",
        notes=notes,
        clock=MemoryClock(),
        counting=batch.MESSAGES,
        say=lambda *lines: said.extend(lines),
    )
    return worked, notes, said, answer["batchItemFailures"]


def test_a_message_that_fails_comes_again_and_the_others_are_done() -> None:
    worked, _, _, again = run('{"n": 0}', '{"broken": "plan"}', "no JSON", '{"n": 3}')
    assert worked == [{"n": 0}, {"n": 3}]
    assert again == [{"itemIdentifier": "m1"}, {"itemIdentifier": "m2"}]


def test_why_it_failed_is_kept_with_the_queue_it_came_by() -> None:
    _, notes, said, _ = run('{"broken": "plan"}', '{"n": 1}')
    note = failures.read(notes, "m0")
    assert note
    assert (note["reason"], note["queue"], note["receives"]) == ("KeyError: 'plan'", "labelmill-prod-notify", 3)
    assert note["trace_id"] == "t0"
    assert failures.read(notes, "m1") is None
    assert [line["reason"] for line in said if line.get("event") == "message failed"] == ["KeyError: 'plan'"]


def test_messages_are_counted_by_stage() -> None:
    _, _, said, _ = run('{"n": 0}', '{"broken": ""}', '{"n": 2}')
    (line,) = [line for line in said if "_aws" in line]
    assert [line[name] for name in ("Stage", "MessagesIn", "MessagesDone", "MessagesFailed")] == ["notify", 3, 2, 1]
