"""What an import is asked for by: a project, a file and how it is read."""

from pathlib import PurePath
from typing import Any

from django import forms
from django.core import signing
from django.core.files.uploadedfile import UploadedFile
from unfold.widgets import (
    UnfoldAdminFileFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from labeler.datasets.imports import submission
from labeler.datasets.imports.files import Options, source_of
from labeler.datasets.models import Import
from labeler.generic_forms import ModelForm
from labeler.services import cloud
from pipeline.formats import offsets
from pipeline.formats.catalog import FORMATS, READ
from pipeline.formats.options import Reading

SALT = "import-upload"
SECONDS = 3600  # that a page may send a file
TITLES = {name: f"{name}: {FORMATS[name].title}" for name in READ}


class ImportForm(ModelForm[Import]):
    form = forms.ChoiceField(label="Format", choices=list(TITLES.items()), widget=UnfoldAdminSelectWidget)
    file = forms.FileField(
        required=False,
        widget=UnfoldAdminFileFieldWidget(attrs={"data-most": submission.MOST_BYTES, "accept": "*/*"}),
        help_text="Up to 2 GB, gzip too. Without scripts a browser may send 4 MB at most behind API Gateway.",
    )
    source = forms.CharField(
        required=False,
        max_length=200,
        widget=UnfoldAdminTextInputWidget,
        help_text="Whose the rows' own ids are; empty: the file's name. One id of one source is one post.",
    )
    language = forms.CharField(
        max_length=20, initial="und", widget=UnfoldAdminTextInputWidget, help_text="Of rows that do not say theirs."
    )
    text_field = forms.CharField(required=False, max_length=100, widget=UnfoldAdminTextInputWidget)
    label_field = forms.CharField(required=False, max_length=100, widget=UnfoldAdminTextInputWidget)
    id_field = forms.CharField(
        required=False,
        max_length=100,
        widget=UnfoldAdminTextInputWidget,
        help_text="Fields or columns of text, spans and id; empty: the format's own.",
    )
    offsets = forms.ChoiceField(
        choices=[(one, one) for one in offsets.UNITS],
        initial=offsets.CODE_POINTS,
        widget=UnfoldAdminSelectWidget,
        label="Offsets count",
    )
    create = forms.BooleanField(
        required=False, label="Add labels that the project lacks", widget=UnfoldBooleanSwitchWidget
    )
    uploaded = forms.CharField(required=False, widget=forms.HiddenInput)
    uploaded_name = forms.CharField(required=False, widget=forms.HiddenInput)

    class Meta:
        model = Import
        fields = ("project", "form")
        widgets = {"project": UnfoldAdminSelectWidget}

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        file: UploadedFile[Any] | None = given.get("file")
        if given.get("uploaded"):
            given["name"] = PurePath(given["uploaded_name"] or "upload").name
            self._check_uploaded(given)
        elif file is None:
            self.add_error("file", "Choose a file.")
        elif (file.size or 0) > submission.MOST_BYTES:
            self.add_error("file", f"Given {file.size} bytes, allowed: {submission.MOST_BYTES}.")
        else:
            given["name"] = file.name
        return given

    def _check_uploaded(self, given: dict[str, Any]) -> None:
        try:
            given["key"] = signing.loads(given["uploaded"], salt=SALT, max_age=2 * SECONDS)
        except signing.BadSignature:
            self.add_error("file", "This page was too old. Choose the file again.")
            return
        if not any(True for _ in cloud().posts.list(given["key"])):
            self.add_error("file", "The upload did not arrive. Choose the file again.")

    def ask(self, by: str) -> Import:
        """Stores the file, unless the browser did, and has the worker check it."""
        given = self.cleaned_data
        reading = Reading(given["text_field"], given["label_field"], given["id_field"], given["offsets"])
        options = Options(reading, given["source"] or source_of(given["name"]), given["language"], given["create"])
        key, sha256 = given.get("key", ""), ""
        if not key:
            key = submission.new_key(by)
            sha256 = submission.store(key, given["file"].chunks(submission.PIECE))
        return submission.ask(
            given["project"], given["name"], given["form"], options, key, sha256, by, Import.State.CHECK
        )


def place_for_upload(by: str) -> dict[str, Any] | None:
    """Where this page's browser may send its file straight away: `url`, `fields`, and the `token` to come back with."""
    key = submission.new_key(by)
    form = cloud().posts.form(submission.first_piece(key), submission.MOST_BYTES, SECONDS)
    if form is None:
        return None
    return {"url": form[0], "fields": dict(form[1]), "token": signing.dumps(key, salt=SALT)}
