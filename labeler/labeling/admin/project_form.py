"""The guided form of a project: every field is checked before its event is made, and refusals stand at their fields."""

import hashlib
from typing import Any

from django import forms
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from labeler.accounts.models import User
from labeler.generic_forms import ModelForm
from labeler.labeling import projects
from labeler.labeling.admin.label_rows import rows
from labeler.labeling.models import Project
from labeler.labeling.tasks.ordering import ORDERS
from labeler.services import cloud
from pipeline.errors import InvalidInput
from pipeline.ports import ObjectMissing, StoreUnavailable
from pipeline.schema import Gates, TokenizerId

PLAIN = (
    *("name", "guidelines", "redundancy", "redundancy_share", "pass_agreed", "order", "hidden_share", "gold_rate"),
    *("suggester", "label_ended"),
)
GATES = ("min_chars", "max_chars", "languages", "max_boilerplate")


def _share(help_text: str) -> forms.FloatField:
    return forms.FloatField(
        min_value=0, max_value=1, widget=UnfoldAdminDecimalFieldWidget, help_text=help_text, required=False
    )


class ProjectForm(ModelForm[Project]):
    guidelines = forms.CharField(widget=UnfoldAdminTextareaWidget, required=False, strip=False, help_text="Markdown")
    redundancy = forms.IntegerField(
        widget=UnfoldAdminIntegerFieldWidget, help_text="independent annotations wanted for a post"
    )
    redundancy_share = _share("share of posts, 0 to 1, that get so many labelers; the others get one")
    pass_agreed = forms.BooleanField(
        required=False,
        widget=UnfoldBooleanSwitchWidget,
        help_text="a post on which all who labelled it agree becomes gold by itself",
    )
    order = forms.ChoiceField(
        widget=UnfoldAdminSelectWidget, choices=[(one, one) for one in ORDERS], help_text="which posts come first"
    )
    hidden_share = _share("share of posts, 0 to 1, whose suggestions labelers don't see: it measures their influence")
    gold_rate = _share("share of a labeler's posts, 0 to 1, that are decided already: it measures how they do")
    suggester = forms.ChoiceField(
        required=False,
        widget=UnfoldAdminSelectWidget,
        choices=[(one, one) for one in projects.SUGGESTERS],
        help_text="what proposes spans",
    )
    tokenizer = forms.ChoiceField(
        required=False,
        widget=UnfoldAdminSelectWidget,
        help_text="of posts prepared from now on; those that wait can be prepared anew by python -m pipeline.replay",
    )
    members = forms.MultipleChoiceField(
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text="who may label here; nobody ticked: all labelers",
    )
    label_ended = forms.BooleanField(
        required=False,
        widget=UnfoldBooleanSwitchWidget,
        help_text="also hand out posts whose posting has ended; who is at one keeps it either way",
    )
    min_chars = forms.IntegerField(required=False, min_value=0, widget=UnfoldAdminIntegerFieldWidget)
    max_chars = forms.IntegerField(required=False, min_value=1, widget=UnfoldAdminIntegerFieldWidget)
    languages = forms.CharField(
        required=False, widget=UnfoldAdminTextInputWidget, help_text="as in `en, de`; empty: every language"
    )
    max_boilerplate = _share("most that may be lines repeated in many posts of the source, 0 to 1")

    class Meta:
        model = Project
        fields = ("name",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        settings = self.instance.settings
        self.rows = rows(self.instance, self.data if self.is_bound else None)
        labelers = User.objects.filter(is_active=True, groups__name="labeler").order_by("username")[:500]
        self._offer("members", [(one.labeler_id, one.username) for one in labelers])
        self._offer("tokenizer", [(one, one) for one in _tokenizers(settings.tokenizer)])
        self.initial.update({name: getattr(settings, name) for name in (*PLAIN, "members")})
        self.initial.update({name: getattr(settings.gates, name) for name in GATES})
        self.initial.update({"languages": ", ".join(settings.gates.languages), "tokenizer": _name(settings.tokenizer)})

    def _offer(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices

    def is_valid(self) -> bool:
        return super().is_valid() and (not self.rows.is_bound or self.rows.is_valid())

    def clean(self) -> dict[str, Any]:
        found: dict[str, Any] = super().clean() or {}
        rows_valid = not self.rows.is_bound or self.rows.is_valid()
        if self.errors or not rows_valid:
            if not rows_valid:
                self.add_error(None, "Some labels cannot be as they are: see their rows.")
            return found
        self.changes = self._changes(found)
        if self.rows.is_bound and self.rows.refuse_lost(self.instance):
            self.add_error(None, "Some labels cannot be as they are: see their rows.")
            return found
        try:
            projects.check_edit(self.instance, projects.changed(self.instance.settings, self.changes))
        except InvalidInput as error:
            if self.rows.is_bound and self.rows.refuse(error):
                self.add_error(None, "Some labels cannot be as they are: see their rows.")
            else:
                self.add_error(error.field if error.field in self.fields else None, str(error))
        return found

    def _changes(self, found: dict[str, Any]) -> dict[str, Any]:
        """What was posted, as fields of the settings; a field that was not posted stays as it is."""
        settings = self.instance.settings

        def given(name: str, before: Any) -> Any:
            return before if name not in self.data or found.get(name) in (None, "") else found[name]

        changes = {name: given(name, getattr(settings, name)) for name in PLAIN}
        changes["guidelines"] = found["guidelines"].replace("\r\n", "\n")
        if self.rows.is_bound:  # the whole form was posted, and not a part of it
            changes |= {name: found[name] for name in ("pass_agreed", "label_ended")}
            changes |= {"members": tuple(found["members"])}
            changes["labels"] = self.rows.labels()
        gates = settings.gates
        spoken = tuple(one.strip() for one in found["languages"].split(",") if one.strip())
        changes["gates"] = Gates(
            min_chars=given("min_chars", gates.min_chars),
            max_chars=given("max_chars", gates.max_chars),
            languages=spoken if "languages" in self.data else gates.languages,
            max_boilerplate=given("max_boilerplate", gates.max_boilerplate),
        )
        wanted = given("tokenizer", _name(settings.tokenizer))
        if wanted != _name(settings.tokenizer):
            changes["tokenizer"] = self._tokenizer(wanted)
        return changes

    def _tokenizer(self, wanted: str) -> TokenizerId:
        name, version = wanted.rsplit(" ", 1)
        found = TokenizerId(name, version, "")
        try:
            body = cloud().posts.get(found.key).body
        except (ObjectMissing, StoreUnavailable) as error:
            self.add_error("tokenizer", f"The model cannot be read: {error}")
            return self.instance.settings.tokenizer
        return TokenizerId(name, version, hashlib.sha256(body).hexdigest())


class NewProjectForm(ModelForm[Project]):
    """A project starts with the labels for job posts and the tokenizer that ships; all else is set afterwards."""

    class Meta:
        model = Project
        fields = ("name", "slug")

    def clean(self) -> dict[str, Any]:
        found: dict[str, Any] = super().clean() or {}
        if "slug" in found and not projects.is_slug(found["slug"]):
            self.add_error("slug", f"slug: given {found['slug']!r}, allowed: {projects.SLUGS}")
        return found


def _name(tokenizer: TokenizerId) -> str:
    return f"{tokenizer.name} {tokenizer.version}"


def _tokenizers(own: TokenizerId) -> list[str]:
    """Those in the bucket; the project's own alone while S3 is away."""
    try:
        keys = [one.key.removeprefix("tokenizers/").removesuffix(".model") for one in cloud().posts.list("tokenizers/")]
    except StoreUnavailable:
        keys = []
    return sorted({" ".join(key.rsplit("/", 1)) for key in keys} | {_name(own)})
