"""Django's forms that name what they are of. Type checkers want the name; at run time Django's classes take none."""

from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from django.forms import BaseFormSet as BaseFormSet
    from django.forms import ModelForm as ModelForm
else:
    from django import forms

    class ModelForm(forms.ModelForm):
        def __class_getitem__(cls, of: object) -> type[Self]:
            return cls

    class BaseFormSet(forms.BaseFormSet):
        def __class_getitem__(cls, of: object) -> type[Self]:
            return cls
