"""Sizes as limits are set: a megabyte is a million bytes (Django's own filter counts in 1,024s)."""

from django import template

register = template.Library()


@register.filter
def size(given: int) -> str:
    """1000000 → 1 MB."""
    amount = float(given)
    for unit in ("bytes", "KB", "MB"):
        if amount < 1000:
            return f"{amount:.1f}".rstrip("0").rstrip(".") + f" {unit}"
        amount /= 1000
    return f"{amount:.1f}".rstrip("0").rstrip(".") + " GB"
