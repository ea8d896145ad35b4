"""The settings of a stack: typed, checked before anything is made. The only reader of `pulumi.Config`.

What each means is said where it is declared with its default, in `Pulumi.yaml`.
"""

import re
from dataclasses import dataclass

import pulumi

from .allowed import ADDRESS, SettingsError, between, matches, one_of
from .jobs_settings import JobsSettings

ARCHITECTURES = ("arm64", "x86_64")
STACKS = ("local", "dev", "prod")
RETENTION_DAYS = (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096)  # what CloudWatch Logs accepts
MOST_WINDOW = 300  # seconds; Lambda waits no longer for a batch
MOST_CAPACITY = 256.0  # units of Aurora Serverless v2
_EXPRESSION = re.compile(r"(rate|cron)\(.+\)")
_CONTACT = re.compile(r"https?://\S+|[^\s@]+@[^\s@]+")


@dataclass(frozen=True, kw_only=True)
class StackSettings:
    project: str
    stack: str
    region: str
    architecture: str
    package: str  # path of a zip, or empty
    protect: bool
    log_retention_days: int
    archive_window: int  # seconds
    reserve_concurrency: bool
    endpoint_url: str
    endpoint_zones: int
    database_min: float  # capacity units
    database_max: float
    instance_type: str
    spot: bool
    image_tag: str
    most_workers: int
    scraper_contact: str
    scraper_schedule: str  # a rate(…) or cron(…) expression, in UTC
    api_domain: str
    domain: str
    zone_id: str
    alarm_email: str
    monthly_budget: int  # dollars
    jobs: JobsSettings
    secret_key: pulumi.Output[str]
    origin_secret: pulumi.Output[str]

    def __post_init__(self) -> None:
        one_of("stack", self.stack, STACKS)
        one_of("architecture", self.architecture, ARCHITECTURES)
        one_of("logRetentionDays", self.log_retention_days, RETENTION_DAYS)
        between("archiveWindow", self.archive_window, 1, MOST_WINDOW, " s")
        between("endpointZones", self.endpoint_zones, 1, 2)
        between("databaseMax", self.database_max, 1, MOST_CAPACITY)
        between("databaseMin", self.database_min, 0, self.database_max)
        for name, units in (("databaseMin", self.database_min), ("databaseMax", self.database_max)):
            if units * 2 % 1:
                raise SettingsError(f"{name}: given {units:g}, allowed: halves")
        between("mostWorkers", self.most_workers, 1, 50)
        matches("scraperSchedule", self.scraper_schedule, _EXPRESSION, "rate(…) or cron(…)")
        if self.scraper_contact:
            matches("scraperContact", self.scraper_contact, _CONTACT, "empty, an e-mail address or an http(s) address")
        if self.alarm_email:
            matches("alarmEmail", self.alarm_email, ADDRESS, "empty or an e-mail address")
        between("monthlyBudget", self.monthly_budget, 1, 1_000_000)
        if self.endpoint_url and not self.endpoint_url.startswith(("http://", "https://")):
            raise SettingsError(f"endpointUrl: given {self.endpoint_url!r}, allowed: empty, or an http(s) address")
        if self.stack == "local" and not self.endpoint_url:
            raise SettingsError("endpointUrl: given '', allowed for the stack 'local': the emulator's address")
        if self.domain and not self.zone_id:
            raise SettingsError(f"zoneId: given '', allowed where domain is {self.domain!r}: its hosted zone")
        # t4g, m7g, c7gn: the letter after the generation says the maker of the processor.
        is_arm = bool(re.match(r"[a-z]+\d+g", self.instance_type))
        if is_arm != (self.architecture == "arm64") and self.stack != "local":
            raise SettingsError(
                f"instanceType: given {self.instance_type!r}, allowed: a kind of machine that is {self.architecture}"
            )

    @classmethod
    def load(cls) -> "StackSettings":
        """The running program's settings."""
        config, aws = pulumi.Config(), pulumi.Config("aws")
        return cls(
            project=pulumi.get_project(),
            stack=pulumi.get_stack(),
            region=aws.require("region"),
            architecture=config.require("architecture"),
            package=config.get("package") or "",
            protect=config.require_bool("protect"),
            log_retention_days=config.require_int("logRetentionDays"),
            archive_window=config.require_int("archiveWindow"),
            reserve_concurrency=config.require_bool("reserveConcurrency"),
            endpoint_url=config.get("endpointUrl") or "",
            endpoint_zones=config.require_int("endpointZones"),
            database_min=config.require_float("databaseMin"),
            database_max=config.require_float("databaseMax"),
            instance_type=config.require("instanceType"),
            spot=config.require_bool("spot"),
            image_tag=config.get("imageTag") or "",
            most_workers=config.require_int("mostWorkers"),
            scraper_contact=config.get("scraperContact") or "",
            scraper_schedule=config.require("scraperSchedule"),
            api_domain=config.get("apiDomain") or "",
            domain=config.get("domain") or "",
            zone_id=config.get("zoneId") or "",
            alarm_email=config.get("alarmEmail") or "",
            monthly_budget=config.require_int("monthlyBudget"),
            jobs=_jobs(config),
            secret_key=_secret(config, "secretKey", 50),
            origin_secret=_secret(config, "originSecret", 32),
        )


def _jobs(config: pulumi.Config) -> JobsSettings:
    """Without a domain of its own the site is where `siteUrl` says."""
    domain = config.get("domain")
    return JobsSettings(
        site_url=f"https://{domain}" if domain else config.require("siteUrl"),
        mail_from=config.get("mailFrom") or "",
        retention_seconds=config.require_int("jobsRetentionSeconds"),
        archive_class=config.require("jobsArchiveClass"),
        free_bytes=config.require_int("jobsFreeBytes"),
        premium_bytes=config.require_int("jobsPremiumBytes"),
    )


def _secret(config: pulumi.Config, name: str, shortest: int) -> pulumi.Output[str]:
    value = config.get(name) or ""
    if len(value) < shortest:
        raise SettingsError(
            f"{name}: given {len(value)} characters, allowed: {shortest} or more; "
            f"set it by `pulumi config set --secret {name}`"
        )
    return pulumi.Output.secret(value)
