from dataclasses import replace

import pytest
from botocore.exceptions import ClientError

from pipeline.adapters.messaging import SesMailer
from pipeline.jobs import submissions
from pipeline.jobs.mail import MAIL, compose, notify, pass_on, settle
from pipeline.jobs.states import NotAllowed
from pipeline.jobs.transitions import move
from pipeline.ports import MailRefused
from pipeline.schema import SchemaError
from pipeline.schema.job import ENDED, Doubt, Job, JobMessage
from tests.pipeline.jobs.world import USER, World


class Broken:
    def __init__(self, error: Exception) -> None:
        self.error = error
        self.calls = 0

    def send(self, to: str, subject: str, text: str, html: str) -> None:
        self.calls += 1
        raise self.error


def told(job: Job, event: str) -> JobMessage:
    return JobMessage(ENDED, job.user, job.id, event)


def send(world: World, job: Job, event: str = "completed:1", mailer: object = None) -> str:
    return notify(world.services, mailer or world.mailer, "https://lm.example", told(job, event))  # type: ignore[arg-type]


def test_a_completed_job_is_mailed_with_a_link_to_the_app(world: World) -> None:
    job = world.completed(file_name="<posts> & co.txt")
    assert send(world, job) == "sent"
    ((to, subject, text, html),) = world.mailer.sent
    assert (to, subject) == ("ada@example.org", "<posts> & co.txt is annotated")
    assert f"https://lm.example/jobs/{job.id}/" in text
    assert "2026-01-01 00:30 UTC" in html


def test_one_event_never_makes_two_mails(world: World) -> None:
    job = world.completed()
    assert [send(world, job), send(world, job)] == ["sent", "sent"]
    assert len(world.mailer.sent) == 1


def test_each_event_has_its_own_mail(world: World) -> None:
    job = world.completed()
    send(world, job)
    send(world, job, "restored:1")
    assert [subject for _, subject, _, _ in world.mailer.sent] == [
        "posts.txt is annotated",
        "posts.txt is back from the archive",
    ]


def test_a_failure_is_mailed_with_its_reason_escaped(world: World) -> None:
    job = world.at(world.failed(), "FAILED", reason="No column <text>")
    send(world, job, "failed:1")
    assert "No column <text>" in world.mailer.sent[0][2]
    assert "No column &lt;text&gt;" in world.mailer.sent[0][3]


def test_a_refused_mail_is_tried_again(world: World) -> None:
    job = world.completed()
    with pytest.raises(MailRefused):
        send(world, job, mailer=Broken(MailRefused("throttled")))
    assert world.now(job).mails == {"completed:1": "refused"}
    assert send(world, job) == "sent"
    assert world.now(job).mails == {"completed:1": "sent"}


def test_an_unknown_outcome_is_kept_and_not_sent_again(world: World) -> None:
    job, mailer = world.completed(), Broken(TimeoutError())
    assert [send(world, job, mailer=mailer), send(world, job, mailer=mailer)] == ["unknown", "unknown"]
    assert mailer.calls == 1
    assert world.now(job).mails == {"completed:1": "unknown"}
    assert world.table.doubts(10) == [Doubt(USER, job.id, "completed:1")]


def test_a_crash_between_claim_and_answer_is_an_unknown_outcome(world: World) -> None:
    job = world.completed()
    with pytest.raises(KeyboardInterrupt):  # nothing in between catches it, as nothing catches a kill
        send(world, job, mailer=Broken(KeyboardInterrupt()))  # type: ignore[arg-type]
    assert send(world, job) == "unknown"
    assert world.mailer.sent == []


def in_doubt(world: World) -> Doubt:
    job = world.completed()
    send(world, job, mailer=Broken(TimeoutError()))
    world.ended.told()
    return Doubt(USER, job.id, "completed:1")


def outcome(world: World, doubt: Doubt) -> str:
    job = world.table.get(doubt.user, doubt.job)
    assert job
    return job.mails.get(doubt.event, "")


def test_an_admin_who_knows_that_a_mail_was_sent_says_so(world: World) -> None:
    doubt = in_doubt(world)
    assert settle(world.services, doubt, again=False) == "sent"
    assert (outcome(world, doubt), world.table.doubts(10), world.ended.told()) == ("sent", [], [])


def test_an_admin_may_have_it_sent_again_and_it_is_sent_once(world: World) -> None:
    doubt = in_doubt(world)
    settle(world.services, doubt, again=True)
    (asked,) = world.ended.told()
    for _ in range(2):
        notify(world.services, world.mailer, "https://lm.example", JobMessage.from_json(asked))
    assert (outcome(world, doubt), len(world.mailer.sent), world.table.doubts(10)) == ("sent", 1, [])


def test_a_doubt_that_is_settled_already_is_not_settled_again(world: World) -> None:
    doubt = in_doubt(world)
    settle(world.services, doubt, again=False)
    world.table.put_doubt(doubt)  # as when the first decision was cut short just before its end
    with pytest.raises(NotAllowed, match="is sent"):
        settle(world.services, doubt, again=True)
    assert (world.ended.told(), world.table.doubts(10)) == ([], [])


def test_a_second_mail_that_nobody_could_be_asked_for_stays_in_doubt(world: World) -> None:
    doubt = in_doubt(world)
    world.ended.away = True
    with pytest.raises(NotAllowed, match="try again"):
        settle(world.services, doubt, again=True)
    assert (outcome(world, doubt), world.table.doubts(10)) == ("unknown", [doubt])


def test_a_crash_before_it_was_asked_for_leaves_the_doubt(world: World) -> None:
    doubt = in_doubt(world)
    move(world.table, USER, doubt.job, lambda old: replace(old, mails={}))
    assert settle(world.services, doubt, again=True) == "asked"
    assert len(world.ended.told()) == 1


def test_a_doubt_about_a_job_that_is_gone_goes_too(world: World) -> None:
    doubt = in_doubt(world)
    submissions.delete(world.services, USER, doubt.job)
    assert settle(world.services, doubt, again=True) == ""
    assert world.table.doubts(10) == []


def test_nobody_is_mailed_about_a_deleted_job(world: World) -> None:
    job = world.completed()
    submissions.delete(world.services, USER, job.id)
    assert send(world, job) == ""


def test_a_user_who_has_left_is_not_mailed(world: World) -> None:
    job = world.completed()
    world.table.remove_owner(USER)
    assert send(world, job) == ""


def test_a_failure_that_is_tried_again_is_no_news(world: World) -> None:
    job = world.failed()
    submissions.retry(world.services, USER, job.id)
    assert send(world, job, "failed:1") == ""


def test_a_premium_result_is_not_said_to_go(world: World) -> None:
    world.plan("premium", 2)
    _, lines = compose(world.completed(), "completed:1")
    assert lines == ["1 row, 1 span."]


def test_a_mail_of_the_application_is_passed_on(world: World) -> None:
    pass_on(world.mailer, {"schema": MAIL, "to": "a@x.example", "subject": "S", "text": "T", "html": ""})
    assert world.mailer.sent == [("a@x.example", "S", "T", "")]


@pytest.mark.parametrize("value", [{}, {"to": "", "subject": "", "text": "", "html": ""}, {"to": 1}])
def test_a_mail_that_is_none_is_refused(world: World, value: dict[str, object]) -> None:
    with pytest.raises(SchemaError, match="allowed: to, subject"):
        pass_on(world.mailer, value)


def test_a_refusal_by_a_new_accounts_mail_service_says_what_to_ask_for() -> None:
    class Sandbox:
        def send_email(self, **_: object) -> None:
            answer = {"Code": "MessageRejected", "Message": "Email address is not verified."}
            raise ClientError({"Error": answer, "ResponseMetadata": {"HTTPStatusCode": 400}}, "SendEmail")  # type: ignore[typeddict-item]

    with pytest.raises(MailRefused, match=r"ada@example\.org: .*not verified.*production access"):
        SesMailer(Sandbox(), "mill@example.org").send("ada@example.org", "s", "t", "")
