"""How jobs reach people and the future: mail by SES, and one-time schedules by EventBridge Scheduler."""

from datetime import datetime
from typing import Any

from pipeline.adapters.errors import unavailable
from pipeline.jobs.ports import MailRefused


class SesMailer:
    def __init__(self, client: Any, sender: str) -> None:
        self._ses = client
        self._sender = sender

    def send(self, to: str, subject: str, text: str, html: str) -> None:
        def part(content: str) -> dict[str, str]:
            return {"Data": content, "Charset": "UTF-8"}

        try:
            self._ses.send_email(
                FromEmailAddress=self._sender,
                Destination={"ToAddresses": [to]},
                Content={
                    "Simple": {
                        "Subject": part(subject),
                        "Body": {"Text": part(text), **({"Html": part(html)} if html else {})},
                    },
                },
            )
        except self._ses.exceptions.ClientError as error:
            # An answer of 4xx is a refusal; of 5xx, and no answer at all, nobody can tell.
            if int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 500)) < 500:
                raise MailRefused(str(error)) from error
            raise


class EventBridgeSchedules:
    """Schedules that send to the queue of retirements and delete themselves."""

    def __init__(self, client: Any, group: str, queue_arn: str, role_arn: str) -> None:
        self._scheduler = client
        self._group = group
        self._queue_arn = queue_arn
        self._role_arn = role_arn

    def once(self, name: str, at: datetime, body: str) -> None:
        with unavailable(f"CreateSchedule {self._group}/{name}"):
            try:
                self._scheduler.create_schedule(
                    Name=name,
                    GroupName=self._group,
                    ScheduleExpression=f"at({at:%Y-%m-%dT%H:%M:%S})",
                    ScheduleExpressionTimezone="UTC",
                    FlexibleTimeWindow={"Mode": "OFF"},
                    ActionAfterCompletion="DELETE",
                    Target={"Arn": self._queue_arn, "RoleArn": self._role_arn, "Input": body},
                )
            except self._scheduler.exceptions.ConflictException:
                return
