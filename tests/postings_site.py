"""Makes a folder of pages from real postings: an index.html and a page each, with JobPosting JSON-LD.

    python tests/postings_site.py FOLDER [CORPUS]

CORPUS is a file of one JSON object a line (`id`, `title`, `lang`, `source`, `text`), gzipped or not; by default
`corpus/job_descriptions_sample.jsonl` of LABELMILL_DATA. The folder suits `make smoke SITE=FOLDER` and
`python -m demo.site --folder FOLDER`.
"""

import argparse
import gzip
import json
import os
import re
import sys
from collections.abc import Iterator, Mapping
from html import escape
from pathlib import Path

from tqdm import tqdm

SAMPLE = Path("corpus", "job_descriptions_sample.jsonl")
EMPLOYERS = {
    "18f": "18F",
    "cds": "Canadian Digital Service",
    "dfe": "Department for Education",
    "hahu": "HaHuJobs",
    "la": "City of Los Angeles",
}


def read(corpus: Path) -> Iterator[Mapping[str, str]]:
    """The postings of a corpus. Lines end at "\\n" alone: texts hold other separators."""
    with gzip.open(corpus) if corpus.suffix == ".gz" else corpus.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            posting = json.loads(line)
            missing = {"id", "title", "lang", "source", "text"} - posting.keys()
            if missing:
                raise ValueError(f"{corpus}, line {number}: no {', '.join(sorted(missing))}")
            yield posting


def description(text: str) -> str:
    """A plain text as HTML: a paragraph where blank lines are, a break where the line ends."""
    blocks = re.split(r"\n[ \t]*\n\s*", text.replace("\r\n", "\n").replace("\r", "\n").strip())
    return "\n".join(f"<p>{escape(block, quote=False).replace(chr(10), '<br>')}</p>" for block in blocks)


def page(posting: Mapping[str, str]) -> str:
    job = {
        "@context": "https://schema.org/",
        "@type": "JobPosting",
        "title": posting["title"],
        "identifier": {"@type": "PropertyValue", "name": posting["source"], "value": posting["id"]},
        "hiringOrganization": {
            "@type": "Organization",
            "name": EMPLOYERS.get(posting["source"], posting["source"]),
        },
        "description": description(posting["text"]),
    }
    data = json.dumps(job, ensure_ascii=False).replace("<", "\\u003c")
    return (
        f'<!doctype html>\n<html lang="{escape(posting["lang"])}">\n<meta charset="utf-8">\n'
        f"<title>{escape(posting['title'])}</title>\n"
        f'<script type="application/ld+json">{data}</script>\n'
        f"<h1>{escape(posting['title'])}</h1>\n{job['description']}\n"
    )


def make(corpus: Path, folder: Path) -> int:
    """Writes the pages and returns how many postings there are."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for number, posting in enumerate(tqdm(read(corpus), desc="pages", unit="", disable=None), 1):
        name = f"{number:05}-{re.sub('[^a-z0-9]+', '-', posting['title'].lower()).strip('-')[:60]}.html"
        # Surrogates can't be written as UTF-8; "replace" is what a server with a broken text would send too.
        (folder / name).write_text(page(posting), encoding="utf-8", errors="replace", newline="")
        rows.append(f'<li><a href="{name}">{escape(posting["title"])}</a>\n')
    head = '<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n<title>Postings</title>\n'
    (folder / "index.html").write_text(f"{head}<ul>\n{''.join(rows)}</ul>\n", encoding="utf-8")
    return len(rows)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, prog="python tests/postings_site.py", formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("corpus", type=Path, nargs="?")
    given = parser.parse_args(arguments)
    if given.corpus is None and not os.environ.get("LABELMILL_DATA"):
        parser.error("no CORPUS is given, and LABELMILL_DATA names no folder of real data")
    try:
        count = make(given.corpus or Path(os.environ["LABELMILL_DATA"]) / SAMPLE, given.folder)
    except (OSError, ValueError) as error:
        parser.error(str(error))
    print(f"{count} postings in {given.folder}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
