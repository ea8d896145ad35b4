"""Posts/s of the scraper against a bare Scrapy spider that only fetches and reads the same JSON-LD, in one run.

    python -m bench.scraper [--postings 2000]

A site of that many postings on loopback, delays off. Measured: a bare spider; the scraper
without a pipeline behind it (`--dry-run`: all of its own work but sending); the scraper with the local AWS behind it,
twice. Memory is that of the scraper's process when the site has answered a tenth of the postings, and at the end.
"""

import argparse
import asyncio
import json
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

from pipeline import stack

WITH_AWS = 500  # postings of the crawls with the local AWS behind them
ROOT = Path(__file__).resolve().parent.parent
WORDS = (
    "We are looking for a careful person who repairs clocks and watches in our workshop by the harbour. You talk with"
    " customers, write down what they tell you, order parts, and keep the books of the workshop in good order. "
)
FILLER = "".join(
    f'<div class="c{n % 7}"><a href="/help/{n}">Help {n}</a><span>Some text around it</span></div>\n'
    for n in range(150)
)


def page(number: int) -> bytes:
    """A posting with what real pages have around it: some 20 KB."""
    description = f"<p>Posting {number}.</p><p>{WORDS * 3}</p><ul>" + f"<li>{WORDS}</li>" * 4 + "</ul>"
    value = {
        "@context": "https://schema.org",
        "@type": "JobPosting",
        "title": f"Clockmaker {number}",
        "description": description,
        "identifier": {"@type": "PropertyValue", "name": "Harbour Clocks", "value": f"HC-{number:06}"},
        "hiringOrganization": {"@type": "Organization", "name": "Harbour Clocks"},
        "jobLocation": {"@type": "Place", "address": {"@type": "PostalAddress", "addressLocality": "Kiel"}},
        "datePosted": "2026-03-01",
    }
    data = json.dumps(value).replace("<", "\\u003c")
    script = f'<script type="application/ld+json">{data}</script>'
    return (
        f"<!doctype html><html><head><title>Job {number}</title>{script}</head>"
        f"<body><nav>{FILLER}</nav><main><h1>Clockmaker {number}</h1>{description}</main></body></html>"
    ).encode()


class Site:
    """The postings on loopback; told by ETag whether a page is known."""

    def __init__(self, postings: int) -> None:
        links = "".join(f'<li><a href="/jobs/{number}">Job {number}</a></li>' for number in range(postings))
        self.pages = {f"/jobs/{number}": page(number) for number in range(postings)}
        self.pages["/"] = f"<!doctype html><html><body><ul>{links}</ul></body></html>".encode()
        self.answered = 0
        started = threading.Event()
        self.thread = threading.Thread(target=lambda: asyncio.run(self._serve(started)), daemon=True)
        self.thread.start()
        started.wait()
        self.url = f"http://127.0.0.1:{self.port}/"

    async def _serve(self, started: threading.Event) -> None:
        server = await asyncio.start_server(self._connection, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        started.set()
        await server.serve_forever()

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                path = head.split(b" ", 2)[1].decode()
                body = self.pages.get(path)
                self.answered += path.startswith("/jobs/")
                if body is None:
                    writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
                elif b'if-none-match: "1"' in head.lower():
                    writer.write(b'HTTP/1.1 304 Not Modified\r\nETag: "1"\r\n\r\n')
                else:
                    writer.write(
                        b'HTTP/1.1 200 OK\r\nETag: "1"\r\nContent-Type: text/html; charset=utf-8\r\n'
                        b"Content-Length: %d\r\n\r\n" % len(body) + body
                    )
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()


BARE = """
import json, sys, time
import scrapy
from scrapy.crawler import CrawlerProcess

class Bare(scrapy.Spider):
    name = "bare"
    found = 0
    async def start(self):
        yield scrapy.Request(sys.argv[1])
    def parse(self, response):
        for href in response.css("li a::attr(href)").getall():
            yield response.follow(href, self.read)
    def read(self, response):
        for text in response.css("script[type='application/ld+json']::text").getall():
            value = json.loads(text)
            if value["@type"] == "JobPosting":
                Bare.found += 1

started = time.monotonic()
process = CrawlerProcess({"LOG_ENABLED": False, "TELNETCONSOLE_ENABLED": False, "REMOTE_CONTROL_ENABLED": False,
    "CONCURRENT_REQUESTS": 16, "CONCURRENT_REQUESTS_PER_DOMAIN": 16})
process.crawl(Bare)
process.start()
print(json.dumps({"unique": Bare.found, "seconds": time.monotonic() - started}))
"""


def children_seconds() -> float:
    """Processor time of all child processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def bare(url: str) -> dict[str, Any]:
    before = children_seconds()
    done = subprocess.run([sys.executable, "-c", BARE, url], capture_output=True, text=True, check=True, cwd=ROOT)
    return json.loads(done.stdout.splitlines()[-1]) | {"cpu": children_seconds() - before}


def scraper(url: str, *words: str, env: dict[str, str], site: Site) -> dict[str, Any]:
    """The counts of one crawl, with `early_mb` and `late_mb`: resident memory after a tenth, and at the end."""
    site.answered, before = 0, children_seconds()
    command = [sys.executable, "-m", "scraper", "crawl", url, "--allow-loopback", "--json", "--source", "bench", *words]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=env, cwd=ROOT)
    early = late = 0.0
    while process.poll() is None:
        now = resident_mb(process.pid)
        if not early and site.answered >= len(site.pages) / 10:
            early = now
        late = now or late
        time.sleep(0.05)
    if process.stdout is None:
        raise AssertionError("the pipe was asked for")
    counts = json.loads(process.stdout.read().splitlines()[-1])
    return counts | {"early_mb": early, "late_mb": late, "cpu": children_seconds() - before}


def resident_mb(pid: int) -> float:
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith("VmRSS")), 0.0)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.scraper", description=__doc__)
    parser.add_argument("--postings", type=int, default=2000)
    postings = parser.parse_args().postings
    plain = {name: value for name, value in os.environ.items() if name != "LABELMILL_STATE"}
    site = Site(postings)
    # Twice each, in turn, and the better of each counts: other work on the machine only ever takes away.
    bases, dries = [], []
    for _ in range(2):
        bases.append(bare(site.url))
        dries.append(scraper(site.url, "--dry-run", env=plain, site=site))
    base, dry = (min(runs, key=lambda run: run["seconds"]) for runs in (bases, dries))
    few = Site(min(postings, WITH_AWS))
    with tempfile.TemporaryDirectory() as state:
        env = stack.environment({**plain, "LABELMILL_STATE": state})
        first = scraper(few.url, env=env, site=few)
        second = scraper(few.url, env=env, site=few)
        stack.release(Path(state))

    speed = {name: run["unique"] / run["seconds"] for name, run in (("bare", base), ("dry", dry), ("first", first))}
    print(f"{postings} postings of {len(site.pages['/jobs/1']) / 1000:.0f} KB, {os.cpu_count()} cores")
    print(f"bare spider:          {speed['bare']:6.0f} posts/s")
    print(f"scraper, dry run:     {speed['dry']:6.0f} posts/s  ratio {speed['dry'] / speed['bare']:.2f} (wanted ≥ 0.8)")
    print(f"processor time:       {base['cpu']:.1f} s and {dry['cpu']:.1f} s, start of the program included")
    print(f"scraper, local AWS:   {speed['first']:6.0f} posts/s  ratio {speed['first'] / speed['bare']:.2f}")
    print(f"                      ({first['unique']} postings; what is behind the queue shares the machine)")
    print(f"memory, dry run:      {dry['early_mb']:.0f} MB after a tenth, {dry['late_mb']:.0f} MB at the end")
    print(f"first crawl:          {first['requests']} requests, {first['bytes']} bytes, {first['sent']} sent")
    share = second["bytes"] / first["bytes"]
    print(
        f"second crawl:         {second['requests']} requests, {second['bytes']} bytes ({share:.1%}, wanted ≤ 2 %),"
        f" {second['unchanged']} unchanged"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
