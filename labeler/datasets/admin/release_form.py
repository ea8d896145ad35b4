"""What a release is asked for by."""

from typing import Any

from django import forms
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from labeler.datasets.models import Release
from labeler.datasets.releases import builder
from labeler.datasets.releases.options import DEFAULT_FORMATS, Options, shares
from labeler.datasets.releases.selection import Filters
from labeler.datasets.releases.splits import SHARES
from labeler.generic_forms import ModelForm
from labeler.worker import commands
from pipeline.errors import InvalidInput
from pipeline.formats.catalog import FORMATS, WRITTEN
from pipeline.formats.units import UNITS, WORD

MOST_SEED = 2**31 - 1
_UNITS = {"piece": "tokens of the project", "word": "words", "source": "tokens that an import came with"}


class ReleaseForm(ModelForm[Release]):
    licence = forms.CharField(
        max_length=200, widget=UnfoldAdminTextInputWidget, help_text="An SPDX name, as CC-BY-4.0, or words."
    )
    formats = forms.MultipleChoiceField(
        choices=[(name, FORMATS[name].title) for name in WRITTEN],
        initial=DEFAULT_FORMATS,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text="JSON lines are always among them: a release is read from those.",
    )
    unit = forms.ChoiceField(
        choices=[(one, _UNITS[one]) for one in UNITS],
        initial=WORD,
        label="Tags stand beside",
        widget=UnfoldAdminSelectWidget,
    )
    shares = forms.CharField(
        initial=",".join(f"{name}={share}" for name, share in SHARES.items()),
        label="Splits",
        widget=UnfoldAdminTextInputWidget,
        help_text="Near-duplicates and posts of one employer stay together, and where an earlier version had them.",
    )
    seed = forms.IntegerField(min_value=0, max_value=MOST_SEED, initial=1, widget=UnfoldAdminIntegerFieldWidget)
    languages = forms.CharField(
        required=False, widget=UnfoldAdminTextInputWidget, help_text="Only these, as en, de; empty: all."
    )
    sources = forms.CharField(
        required=False, widget=UnfoldAdminTextInputWidget, help_text="Only these, separated by commas; empty: all."
    )
    gold = forms.BooleanField(required=False, label="Only decided answers", widget=UnfoldBooleanSwitchWidget)

    class Meta:
        model = Release
        fields = ("project",)
        widgets = {"project": UnfoldAdminSelectWidget}

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        if self.errors:
            return given
        filters = Filters(_words(given["languages"]), _words(given["sources"]), given["gold"])
        formats = tuple(dict.fromkeys(["jsonl", *given["formats"]]))
        try:
            made = Options(formats, given["unit"], shares(given["shares"]), given["seed"], given["licence"], filters)
            given["options"] = made.check()
        except InvalidInput as error:
            self.add_error(error.field if error.field in self.fields else None, str(error))
        return given

    def ask(self, by: str) -> Release:
        made = builder.ask(self.cleaned_data["project"], self.cleaned_data["options"], by)
        commands.send("release")
        return made


def _words(text: str) -> tuple[str, ...]:
    return tuple(word for part in text.split(",") if (word := part.strip()))
