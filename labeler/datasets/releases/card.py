"""The data card of a release, in Markdown (as the Hugging Face hub reads it) and HTML, with charts. Pure."""

from collections import Counter
from collections.abc import Mapping
from html import escape
from typing import Any

from pipeline.schema import Json

_COLORS = ("#2f6f9f", "#c4632b", "#3f8a58", "#8b5aa8", "#a98517", "#4a7f8c")


def markdown(manifest: Mapping[str, Any]) -> str:
    lines = ["---", f"license: {_yaml(manifest['licence'])}", "task_categories:", "- token-classification"]
    parquet = [split for split in manifest["splits"] if _has(manifest, "parquet", split)]
    if parquet:
        lines += ["configs:", "- config_name: default", "  data_files:"]
        for split in parquet:
            lines += [f"  - split: {split}", f"    path: data/parquet/{split}-*.parquet"]
    lines += ["---", "", f"# {_plain(manifest['name'])} {manifest['version']}", ""]
    for title, rows in _tables(manifest):
        lines += [f"## {title}", ""]
        if rows:
            lines += [f"| {' | '.join(map(_cell, rows[0]))} |", "|" + "---|" * len(rows[0])]
            lines += [f"| {' | '.join(map(_cell, row))} |" for row in rows[1:]]
        lines.append("")
    lines += ["## Labels, as bars", "", "```", *_bars(_labels(manifest)), "```", ""]
    return "\n".join(lines)


def html(manifest: Mapping[str, Any]) -> str:
    title = f"{escape(manifest['name'])} {manifest['version']}"
    parts = [
        "<!doctype html>",
        f'<html lang="en"><meta charset="utf-8"><title>{title}</title>',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        "<style>body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;"
        "color-scheme:light dark}table{border-collapse:collapse}td,th{padding:.2rem .8rem .2rem 0;text-align:left;"
        "border-bottom:1px solid #8884}td:last-child{overflow-wrap:anywhere}h2+table{display:block;overflow-x:auto}"
        "td{font-variant-numeric:tabular-nums}svg{max-width:100%;height:auto}</style>",
        f"<h1>{title}</h1>",
        _svg("Posts in each split", {name: one["posts"] for name, one in _splits(manifest).items()}),
        _svg("Spans of each label", _labels(manifest)),
    ]
    for heading, rows in _tables(manifest):
        parts.append(f"<h2>{escape(heading)}</h2><table>")
        for at, row in enumerate(rows):
            cell = "th" if at == 0 else "td"
            parts.append("<tr>" + "".join(f"<{cell}>{escape(str(one))}</{cell}>" for one in row) + "</tr>")
        parts.append("</table>")
    return "\n".join([*parts, "</html>\n"])


Rows = list[list[Any]]


def _tables(manifest: Mapping[str, Any]) -> list[tuple[str, Rows]]:
    tokenizer = manifest["tokenizer"]
    facts = [
        ["what", "value"],
        ["posts", manifest["posts"]],
        ["labels dropped by any file", manifest["dropped"]],
        ["licence", manifest["licence"]],
        ["made", f"{manifest['began_at'][:10]} by {manifest['by']}"],
        ["tokenizer", f"{tokenizer['name']} {tokenizer['version']} (sha256 {tokenizer['sha256'][:16]}…)"],
        ["guidelines", f"version {manifest['guideline_version']}"],
        ["project settings", f"event {manifest['settings']}"],
        ["seed of the splits", manifest["seed"]],
        *[[f"left out: {reason}", count] for reason, count in manifest["excluded"].items()],
        ["agreement", _agreement(manifest["agreement"])],
    ]
    names = list(_labels(manifest))
    splits = _splits(manifest)
    labels: Rows = [["label", *splits]]
    labels += [[name, *(one["labels"].get(name, 0) for one in splits.values())] for name in names]
    counts: Rows = [["split", "posts", "spans"]]
    counts += [[name, one["posts"], one["spans"]] for name, one in splits.items()]
    files: Rows = [["file", "posts", "bytes", "sha256"]]
    files += [[one["key"], one["posts"], one["bytes"], one["sha256"]] for one in manifest["files"]]
    meanings: Rows = [["label", "layer", "meaning"]]
    meanings += [[one["name"], one.get("layer", ""), one["description"]] for one in manifest["label_set"]]
    return [
        ("Facts", facts),
        ("Splits", counts),
        ("Labels", labels),
        ("Label set", meanings),
        ("Files", files),
    ]


def _agreement(held: Mapping[str, Any]) -> str:
    if not held["posts"]:
        return "no post has several answers"
    shown = [held["spans"]["f1_exact"], held["spans"]["f1_partial"], held["tokens"]["alpha"]]
    exact, partial, alpha = ("–" if one is None else one for one in shown)
    return f"on {held['posts']} posts: F1 of spans {exact} exact, {partial} partial; alpha of tokens {alpha}"


def _splits(manifest: Mapping[str, Any]) -> Json:
    """In the order in which their shares were asked for."""
    return {name: manifest["splits"][name] for name in manifest["shares"] if name in manifest["splits"]}


def _labels(manifest: Mapping[str, Any]) -> dict[str, int]:
    """Spans of each label in all splits, the most frequent first."""
    total: Counter[str] = Counter()
    for one in manifest["splits"].values():
        total.update(one["labels"])
    return dict(sorted(total.items(), key=lambda pair: (-pair[1], pair[0])))


def _bars(counts: Mapping[str, int], width: int = 40) -> list[str]:
    most = max(counts.values(), default=1)
    wide = max(map(len, counts), default=0)
    return [f"{name:{wide}}  {'█' * max(1, round(count / most * width))} {count}" for name, count in counts.items()]


def _svg(title: str, counts: Mapping[str, int]) -> str:
    """Horizontal bars, each with its name and number as text."""
    most, row, left = max(counts.values(), default=1), 26, 180
    bars = []
    for at, (name, count) in enumerate(counts.items()):
        y, width = at * row + 34, max(2, round(count / most * 420))
        bars.append(
            f'<text x="{left - 8}" y="{y + 14}" text-anchor="end">{escape(name)}</text>'
            f'<rect x="{left}" y="{y}" width="{width}" height="18" fill="{_COLORS[at % len(_COLORS)]}"/>'
            f'<text x="{left + width + 6}" y="{y + 14}">{count}</text>'
        )
    height = len(counts) * row + 40
    return (
        f'<svg viewBox="0 0 700 {height}" role="img" aria-label="{escape(title)}" fill="currentColor" font-size="13">'
        f'<text x="0" y="18" font-weight="600">{escape(title)}</text>{"".join(bars)}</svg>'
    )


def _has(manifest: Mapping[str, Any], form: str, split: str) -> bool:
    return any(one["format"] == form and one["split"] == split for one in manifest["files"])


def _plain(text: str) -> str:
    return " ".join(text.split())


def _cell(value: object) -> str:
    return _plain(str(value)).replace("|", "\\|")


def _yaml(text: str) -> str:
    return '"' + _plain(text).replace("\\", "\\\\").replace('"', '\\"') + '"'
