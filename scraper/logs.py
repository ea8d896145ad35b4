"""Logs of the commands: for people on a terminal, one JSON object a line everywhere else."""

import json
import logging
import sys
from datetime import UTC, datetime


class JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


def set_up() -> None:
    terminal = sys.stderr.isatty()
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(levelname)s: %(message)s") if terminal else JsonLines())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    # Each page that was left out, and why: on a terminal the summary is enough.
    logging.getLogger("scraper").setLevel(logging.WARNING if terminal else logging.INFO)
    # Scrapy warns of what we count ourselves: pages that are too large.
    for name in ("scrapy.core.downloader", "scrapy.downloadermiddlewares", "scrapy-playwright"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
