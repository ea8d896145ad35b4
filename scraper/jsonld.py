"""JSON-LD blocks of a page, read as leniently as is safe.

Real pages hold raw newlines in strings, HTML and JavaScript comments around the value, trailing commas and semicolons.
Those are mended. A block that ends in the middle is not: half a description would look like a whole one.
"""

import json
import re
from dataclasses import dataclass, field
from typing import Any

import orjson
from json_repair import repair_json
from lxml import html

MAX_DEPTH = 100  # of nested brackets; real postings stay under 12
MAX_BLOCK = 2_000_000  # characters of one block

# Possessive and bounded: what a page holds must not decide how long these take.
_BEFORE = re.compile(r"(?:\s+|<!--.*?-->|/\*.*?\*/|//[^\n]*\n|<!\[CDATA\[|<!--|;|\ufeff){0,50}+", re.S)
_AFTER = re.compile(r"(?:\s+|<!--.*?-->|/\*.*?\*/|//[^\n]*|\]\]>|-->|;){0,50}+", re.S)
_BRACKETS = re.compile(r'"(?:[^"\\]|\\.)*+"?|[\[{\]}]', re.S)


@dataclass(slots=True)
class Blocks:
    """The values of all blocks that could be read, whether any had to be mended, and why others could not be."""

    values: list[Any] = field(default_factory=list)
    repaired: int = 0
    refused: list[str] = field(default_factory=list)  # jsonld-broken, jsonld-too-deep, jsonld-too-large


def blocks(tree: html.HtmlElement) -> Blocks:
    found = Blocks()
    for script in tree.iter("script"):
        kind = (script.get("type") or "").split(";")[0].strip().lower()
        if kind == "application/ld+json" and (script.text or "").strip():
            _read(script.text, found)
    return found


def _read(text: str, found: Blocks) -> None:
    if len(text) > MAX_BLOCK:
        found.refused.append("jsonld-too-large")
        return
    # Before any parser sees it: the C parsers count depth, the repairing one recurses.
    if _depth(text) > MAX_DEPTH:
        found.refused.append("jsonld-too-deep")
        return
    try:
        found.values.append(orjson.loads(text))
        return
    except orjson.JSONDecodeError:
        pass
    inner = _inner(text)
    try:
        found.values.append(json.loads(inner, strict=False))
    except ValueError:
        # It must end as it began, or its end is missing.
        if not inner or {"{": "}", "[": "]"}.get(inner[0]) != inner[-1]:
            found.refused.append("jsonld-broken")
            return
        try:
            value = repair_json(inner, return_objects=True, skip_json_loads=True)
        except RecursionError:  # its strings end elsewhere than ours
            found.refused.append("jsonld-too-deep")
            return
        if not isinstance(value, dict | list) or not value:
            found.refused.append("jsonld-broken")
            return
        found.values.append(value)
    found.repaired += 1


def _inner(text: str) -> str:
    """The value without the comments around it: up to a closing bracket after which there are only comments."""
    begin = _BEFORE.match(text).end()  # type: ignore[union-attr]  # matches nothing, too
    end = len(text)
    for _ in range(50):  # a comment may hold brackets as well
        end = max(text.rfind("}", begin, end), text.rfind("]", begin, end))
        if end < 0:
            break
        if _AFTER.match(text, end + 1).end() == len(text):  # type: ignore[union-attr]
            return text[begin : end + 1]
    return ""


def _depth(text: str) -> int:
    deepest = depth = 0
    # Counting is enough for nearly every block, and ten times as fast as walking it.
    if text.count("{") + text.count("[") <= MAX_DEPTH:
        return 0
    for match in _BRACKETS.finditer(text):
        mark = match.group()
        if mark in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif mark in "]}":
            depth -= 1
    return deepest
