"""The HTML of the sample site's pages."""

import json
from collections.abc import Sequence
from html import escape

from demo.site import jobposting, markup
from demo.site.content import Employer, Posting
from demo.site.wording import WORDS

SITE = "Nearby Work"


def home(postings: Sequence[Posting]) -> str:
    """All employers, and the postings they pay to have in front."""
    counts: dict[Employer, int] = {}
    for posting in postings:
        counts[posting.employer] = counts.get(posting.employer, 0) + 1
    # A featured posting is linked at its last address: where it has two, the other is in its employer's list.
    front = "".join(_row(one, one.paths[-1], with_employer=True) for one in postings if one.featured)
    cards = "".join(_card(employer, count) for employer, count in counts.items())
    return _page(
        "en",
        SITE,
        f'<header class="hero"><h1>Work worth the walk</h1><p>{WORDS["en"].count(len(postings))} at '
        f"{len(counts)} employers, in three languages, each written by the people you would work with.</p></header>"
        f'<h2>Featured</h2><ul class="rows front">{front}</ul><h2>Employers</h2><ul class="cards">{cards}</ul>',
    )


def listing(employer: Employer, postings: Sequence[Posting], number: int, last: int) -> str:
    """Page `number` of `last` of an employer's openings."""
    words = WORDS[employer.language]
    head = _masthead(employer) + f'<p class="about">{escape(employer.about)}</p>'
    if employer.script == "list":
        data = [{"href": one.path, "title": one.title, "meta": _meta(one)} for one in postings]
        body = _waiting(employer, "") + (
            f'<script type="application/json" id="openings">{_inert(data)}</script>'
            '<script type="module" src="/static/list.js"></script>'
        )
    else:
        body = f'<ul class="rows">{"".join(_row(one, one.path) for one in postings)}</ul>'
        pages = [(number - 1, words.newer, "prev"), (number + 1, words.older, "next")]
        links = [
            f'<a rel="{rel}" href="{list_path(employer, at)}">{word}</a>' for at, word, rel in pages if 0 < at <= last
        ]
        if links:
            body += f'<nav class="pages"><span>{number} / {last}</span>{"".join(links)}</nav>'
    return _page(employer.language, f"{employer.name} – {words.openings}", head + body, employer)


def list_path(employer: Employer, number: int) -> str:
    return f"/{employer.slug}/" if number == 1 else f"/{employer.slug}/page/{number}"


def posting(one: Posting, url: str) -> str:
    """The page of a posting at one of its addresses; empty until its script has run where the employer does that."""
    if one.employer.script == "posting":
        body = _waiting(one.employer, f' data-posting="{data_path(one)}"')
        body += '<script type="module" src="/static/posting.js"></script>'
        return _page(one.employer.language, one.employer.name, _back(one) + body, one.employer)
    facts = "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(text)}</dd></div>" for name, text in _facts(one))
    body = (
        f'<article><h1>{escape(one.title)}</h1><dl class="facts">{facts}</dl>'
        f'<div class="text">{markup.html(one.text, one.employer.entities)}</div>'
        f'<p><a class="apply" href="/apply/{one.id}">{WORDS[one.employer.language].apply}</a></p></article>'
    )
    title = f"{one.title} – {one.employer.name}"
    return _page(one.employer.language, title, _back(one) + body, one.employer, jobposting.script(one, url))


def data_path(one: Posting) -> str:
    return f"/data/{one.employer.slug}/{one.slug}.json"


def posting_data(one: Posting, url: str) -> str:
    """What `posting.js` fetches: the parts of the page it makes, as JSON."""
    return json.dumps(
        {
            "title": one.title,
            "facts": _facts(one),
            "html": markup.html(one.text, one.employer.entities),
            "apply": [f"/apply/{one.id}", WORDS[one.employer.language].apply],
            "jsonld": jobposting.value(one, url),
        },
        ensure_ascii=False,
    )


def apply() -> str:
    """Where the buttons lead. robots.txt keeps crawlers out."""
    return _page("en", "Apply", "<h1>Nobody to apply to</h1><p>This is a sample site: its employers are invented.</p>")


def missing() -> str:
    return _page("en", "Not found", '<h1>Not here</h1><p>Nothing has this address. <a href="/">All employers</a></p>')


def _page(language: str, title: str, body: str, employer: Employer | None = None, head: str = "") -> str:
    accent = f' style="--accent:{employer.color}"' if employer else ""
    home = WORDS[language].home
    return (
        f'<!doctype html>\n<html lang="{language}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<title>{escape(title)}</title>\n<link rel="icon" href="/static/icon.svg">\n'
        f'<link rel="stylesheet" href="/static/site.css">\n{head}\n</head>\n<body{accent}>\n'
        f'<nav class="top"><a class="brand" href="/">{SITE}</a><a href="/">{home}</a></nav>\n<main>{body}</main>\n'
        '<footer lang="en">A sample site. Employers and jobs are invented.</footer>\n</body>\n</html>\n'
    )


def _masthead(employer: Employer) -> str:
    return (
        f'<header class="masthead">{_mark(employer)}<div><h1>{escape(employer.name)}</h1>'
        f"<p>{escape(employer.industry)} · {escape(employer.place)}</p></div></header>"
    )


def _card(employer: Employer, count: int) -> str:
    return (
        f'<li style="--accent:{employer.color}" lang="{employer.language}"><a href="{list_path(employer, 1)}">'
        f"{_mark(employer)}<strong>{escape(employer.name)}</strong><span>{escape(employer.industry)}</span>"
        f"<span>{escape(employer.place)} · {WORDS[employer.language].count(count)}</span></a></li>"
    )


def _mark(employer: Employer) -> str:
    letters = "".join(word[0] for word in employer.name.split() if word[0].isupper())[:2]
    return f'<span class="mark" aria-hidden="true">{letters}</span>'


def _row(one: Posting, path: str, with_employer: bool = False) -> str:
    name = f"{escape(one.employer.name)} · " if with_employer else ""
    style = f' style="--accent:{one.employer.color}"' if with_employer else ""
    return (
        f'<li{style} lang="{one.employer.language}"><a href="{path}"><strong>{escape(one.title)}</strong>'
        f"<span>{name}{escape(_meta(one))}</span></a></li>"
    )


def _meta(one: Posting) -> str:
    words = WORDS[one.employer.language]
    return " · ".join([one.place, _hours(one), one.posted.strftime(words.date)])


def _hours(one: Posting) -> str:
    return ", ".join(WORDS[one.employer.language].kinds[kind] for kind in one.hours)


def _facts(one: Posting) -> list[tuple[str, str]]:
    words = WORDS[one.employer.language]
    place = f"{one.place} ({words.remote})" if one.remote else one.place
    facts = [(words.place, place), (words.hours, _hours(one))]
    if one.pay:
        facts.append((words.pay, words.sum(one.pay)))
    facts.append((words.posted, one.posted.strftime(words.date)))
    if one.until:
        facts.append((words.until, one.until.strftime(words.date)))
    return [*facts, (words.reference, one.id)]


def _back(one: Posting) -> str:
    employer = one.employer
    link = f'<a href="{list_path(employer, 1)}">{WORDS[employer.language].back} {escape(employer.name)}</a>'
    return f'<p class="back">{_mark(employer)}{link}</p>'


def _waiting(employer: Employer, attributes: str) -> str:
    words = WORDS[employer.language]
    return f'<div id="app"{attributes}><p>{words.loading}</p><noscript>{words.needs_script}</noscript></div>'


def _inert(data: object) -> str:
    return json.dumps(data, ensure_ascii=False).replace("<", "\\u003c")
