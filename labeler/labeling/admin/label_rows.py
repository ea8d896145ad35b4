"""The labels of a project as rows of its form."""

from typing import Any, cast

from django import forms
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanWidget,
)

from labeler.generic_forms import BaseFormSet
from labeler.labeling.models import LabeledSpan, Project
from labeler.labeling.projects import PALETTE
from pipeline.errors import InvalidInput
from pipeline.schema import Label

PREFIX = "labels"
BLANK = 2  # empty rows at the end
COLORS = [(slot, str(slot)) for slot in PALETTE]


class LabelForm(forms.Form):
    name = forms.CharField(max_length=100, widget=UnfoldAdminTextInputWidget)
    key = forms.CharField(max_length=1, required=False, widget=UnfoldAdminTextInputWidget)
    color = forms.TypedChoiceField(choices=COLORS, coerce=int, initial=1, widget=UnfoldAdminSelectWidget)
    group = forms.CharField(max_length=100, required=False, widget=UnfoldAdminTextInputWidget)
    description = forms.CharField(max_length=2000, required=False, widget=UnfoldAdminTextInputWidget)
    examples = forms.CharField(
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
        help_text="one a line, the span in [brackets]; `not:` before what is none",
    )
    layer = forms.CharField(max_length=100, required=False, widget=forms.HiddenInput)

    def label(self) -> Label:
        data = self.cleaned_data
        examples = tuple(line.strip() for line in data["examples"].splitlines() if line.strip())
        return Label(
            data["name"].strip(), data["key"].strip(), data["color"], data["group"], data["description"], examples,
            data["layer"],
        )  # fmt: skip


class LabelRows(BaseFormSet[LabelForm]):
    """In the order of their numbers; a row without a name says nothing."""

    deletion_widget = UnfoldBooleanWidget
    ordering_widget = UnfoldAdminIntegerFieldWidget

    def labels(self) -> tuple[Label, ...]:
        return tuple(form.label() for form in self.ordered_forms if form.has_changed() or form.initial)

    def refuse(self, error: InvalidInput) -> bool:
        """Puts a refusal that names a label, as `labels[2].key`, at its field; False when it names none."""
        where, _, field = error.field.partition("].")
        number = where.removeprefix("labels[")
        if not field or not number.isdecimal():
            return False
        filled = [form for form in self.ordered_forms if form.has_changed() or form.initial]
        filled[int(number)].add_error(field, str(error))
        return True

    def refuse_lost(self, project: Project) -> bool:
        """Says at its row that a label is in use and yet is taken away or renamed; True when one is."""
        kept = {one.name for one in self.labels()}
        found = False
        for form in self.initial_forms:
            name = form.initial["name"]
            if name in kept or not LabeledSpan.objects.filter(project=project, label=name)[:1].exists():
                continue
            form.add_error(
                "name",
                f"{name!r} labels spans already: rename, merge, split or retire it under Review, Labels, "
                "so that answers are read through the change",
            )
            found = True
        return found


_Rows = forms.formset_factory(LabelForm, formset=LabelRows, extra=BLANK, can_delete=True, can_order=True)


def rows(project: Project, data: Any | None) -> LabelRows:
    """`data`: what was posted; without it, or where it says nothing of labels, those of the project."""
    initial = [
        {
            **{name: getattr(one, name) for name in ("name", "key", "color", "group", "description", "layer")},
            "examples": "\n".join(one.examples),
        }
        for one in project.settings.labels
    ]
    posted = data if data is not None and f"{PREFIX}-TOTAL_FORMS" in data else None
    return cast(LabelRows, _Rows(posted, initial=initial, prefix=PREFIX))
