"""What the token page sends, read and checked: JSON of its scripts, and the form that works without them."""

import json
from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import HttpRequest
from django.http.request import RawPostDataException

from labeler.labeling.answering.answers import REASONS, Answer
from pipeline.errors import InvalidInput
from pipeline.storable import storable

MOST_BODY = 1_000_000
REASON_WORDS = dict(
    zip(REASONS, ("Not a post", "Wrong language", "Unclear guideline", "Other, in your words"), strict=True)
)


def body(request: HttpRequest) -> dict[str, Any]:
    """The JSON object of a request, as it can be stored: a full box may cut an emoji in half. Raises `InvalidInput`."""
    try:
        sent = request.body
    except RawPostDataException:  # the CSRF check has read it as the form it says it is
        raise InvalidInput("Content-Type", request.content_type, "application/json") from None
    if len(sent) > MOST_BODY:
        raise InvalidInput("body", f"{len(sent)} bytes", f"at most {MOST_BODY}")
    try:
        data = storable(json.loads(sent))
    except (ValueError, RecursionError):
        data = None
    if not isinstance(data, dict):
        raise InvalidInput("body", sent[:80], "a JSON object")
    return data


def text(data: dict[str, Any], field: str, default: str | None = None) -> str:
    value = data.get(field, default)
    if not isinstance(value, str):
        raise InvalidInput(field, value, "text")
    return value


@dataclass(frozen=True, slots=True)
class Submission:
    lease: str
    key: str
    answer: Answer

    @classmethod
    def read(cls, data: dict[str, Any]) -> "Submission":
        """`spans`: [first token, last token + 1, label] each; whether they fit is for `answers.submit` to say."""
        spans, active, flagged = data.get("spans", []), data.get("active", 0), data.get("flagged", False)
        if not isinstance(spans, list):
            raise InvalidInput("spans", spans, "a list")
        if isinstance(active, bool) or not isinstance(active, int | float):
            raise InvalidInput("active", active, "seconds")
        if not isinstance(flagged, bool):
            raise InvalidInput("flagged", flagged, "true, false")
        answer = Answer(
            kind=text(data, "kind"),
            spans=spans,
            reason=text(data, "reason", ""),
            comment=text(data, "comment", ""),
            flagged=flagged,
            active_seconds=active,
        )
        return cls(text(data, "lease"), text(data, "key"), answer)


class PlainForm(forms.Form):
    """The page without scripts. `do`: add, submit, skip, remove-N or accept-N, where N counts the spans."""

    lease = forms.CharField()
    key = forms.CharField()
    do = forms.RegexField(r"^(add|submit|skip|(remove|accept)-[0-9]{1,5})$")
    label = forms.CharField(required=False)
    word = forms.TypedMultipleChoiceField(coerce=int, required=False)
    reason = forms.ChoiceField(choices=[("", ""), *REASON_WORDS.items()], required=False)
    comment = forms.CharField(required=False, max_length=2000)
    flagged = forms.BooleanField(required=False)

    def __init__(self, *args: Any, tokens: int, labels: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["word"].choices = [(index, "") for index in range(tokens)]  # type: ignore[attr-defined]
        self.labels = labels

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        if data.get("do") == "add" and data.get("label") not in self.labels:
            raise forms.ValidationError("Choose a label first.")
        if data.get("do") == "add" and not data.get("word"):
            raise forms.ValidationError("Tick the words to label first.")
        if data.get("do") == "skip" and not data.get("reason"):
            raise forms.ValidationError("Choose why the post is skipped.")
        return data
