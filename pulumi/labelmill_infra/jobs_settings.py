"""The part of a stack's settings that annotation jobs go by; `settings` reads them."""

import re
from dataclasses import dataclass

from .allowed import ADDRESS, SettingsError, between, matches, one_of

_SITE = re.compile(r"https?://[^/\s]+")  # the origin that browsers send files from
ARCHIVE_CLASSES = ("GLACIER", "DEEP_ARCHIVE")
MOST_RETENTION = 10 * 365 * 24 * 3600  # seconds
MOST_UPLOAD = 5 << 30  # bytes; S3 takes no more in one POST, and copies no more in one call


@dataclass(frozen=True, kw_only=True)
class JobsSettings:
    site_url: str  # where people find the web application: no path, no slash at its end
    mail_from: str  # address that mails come from; empty sends none
    retention_seconds: int  # of results on the free plan
    archive_class: str
    free_bytes: int  # of an input file
    premium_bytes: int

    def __post_init__(self) -> None:
        matches("siteUrl", self.site_url, _SITE, "an http(s) address without a path, nor a slash at its end")
        if self.mail_from:
            matches("mailFrom", self.mail_from, ADDRESS, "empty or an e-mail address")
        between("jobsRetentionSeconds", self.retention_seconds, 1, MOST_RETENTION, " s")
        one_of("jobsArchiveClass", self.archive_class, ARCHIVE_CLASSES)
        if not 1 <= self.free_bytes <= self.premium_bytes <= MOST_UPLOAD:
            given = f"{self.free_bytes} and {self.premium_bytes}"
            raise SettingsError(
                f"jobsFreeBytes and jobsPremiumBytes: given {given}, allowed: 1 to {MOST_UPLOAD}, in order"
            )
