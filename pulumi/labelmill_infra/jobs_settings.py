"""The settings of annotation jobs: typed, checked before anything is made."""

from dataclasses import dataclass

import pulumi

from .settings import SettingsError

ARCHIVE_CLASSES = ("GLACIER", "DEEP_ARCHIVE")
MOST_UPLOAD = 5 << 30  # bytes; S3 takes no more in one POST, and copies no more in one call


@dataclass(frozen=True, kw_only=True)
class JobsSettings:
    site_url: str  # where people find the web application, without a slash at its end
    mail_from: str  # address that mails come from; empty sends none
    retention_seconds: int  # of results on the free plan
    archive_class: str
    free_bytes: int  # of an input file
    premium_bytes: int

    def __post_init__(self) -> None:
        if not self.site_url.startswith(("http://", "https://")) or self.site_url.endswith("/"):
            raise SettingsError(f"siteUrl: given {self.site_url!r}, allowed: an http(s) address without a final slash")
        if self.retention_seconds < 1:
            raise SettingsError(f"jobsRetentionSeconds: given {self.retention_seconds}, allowed: 1 or more")
        if self.archive_class not in ARCHIVE_CLASSES:
            raise SettingsError(
                f"jobsArchiveClass: given {self.archive_class!r}, allowed: {', '.join(ARCHIVE_CLASSES)}"
            )
        if not 1 <= self.free_bytes <= self.premium_bytes <= MOST_UPLOAD:
            given = f"{self.free_bytes} and {self.premium_bytes}"
            raise SettingsError(
                f"jobsFreeBytes and jobsPremiumBytes: given {given}, allowed: 1 to {MOST_UPLOAD}, in order"
            )

    @classmethod
    def load(cls) -> "JobsSettings":
        """The running program's settings. Without a domain of its own the site is where `siteUrl` says."""
        config = pulumi.Config()
        domain = config.get("domain")
        return cls(
            site_url=f"https://{domain}" if domain else config.require("siteUrl"),
            mail_from=config.get("mailFrom") or "",
            retention_seconds=config.require_int("jobsRetentionSeconds"),
            archive_class=config.require("jobsArchiveClass"),
            free_bytes=config.require_int("jobsFreeBytes"),
            premium_bytes=config.require_int("jobsPremiumBytes"),
        )
