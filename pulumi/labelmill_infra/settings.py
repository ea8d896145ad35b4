"""The settings of a stack: typed, checked before anything is made. The only reader of `pulumi.Config`.

What each means is said where it is declared with its default, in `Pulumi.yaml`.
"""

import re
from dataclasses import dataclass

import pulumi
from botocore.session import Session

ARCHITECTURES = ("arm64", "x86_64")
STACKS = ("local", "dev", "prod")
RETENTION_DAYS = (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096)  # what CloudWatch Logs accepts
MOST_WINDOW = 300  # seconds; Lambda waits no longer for a batch
MOST_CAPACITY = 256.0  # units of Aurora Serverless v2
ARCHIVE_CLASSES = ("GLACIER", "DEEP_ARCHIVE")
MOST_RETENTION = 10 * 365 * 24 * 3600  # seconds
MOST_UPLOAD = 5 << 30  # bytes; S3 takes no more in one POST, and copies no more in one call
MOST_BUCKET, LONGEST_BUCKET = 63, "releases-1a2b3c4"  # S3's limit; the longest noun with Pulumi's suffix
# What a stack cannot be without, by the SDK's names.
SERVICES = (
    "lambda",
    "apigateway",
    "ecs",
    "ecr",
    "rds",
    "sqs",
    "sns",
    "dynamodb",
    "scheduler",
    "secretsmanager",
    "xray",
)
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_WORD = r"[a-z0-9]([a-z0-9-]*[a-z0-9])?"
_HOST = re.compile(rf"{_WORD}(\.{_WORD})+")
_ZONE = re.compile(r"Z[A-Z0-9]+")
_TAG = re.compile(r"\w[\w.-]{0,127}")
_ADDRESS = re.compile(rf"[^\s@<>,;]+@{_HOST.pattern}", re.IGNORECASE)  # of e-mail, without a name before it
_SITE = re.compile(rf"https?://{_WORD}(\.{_WORD})*(:\d+)?")  # the origin that browsers send files from
_EXPRESSION = re.compile(r"(rate|cron)\(.+\)")
_CONTACT = re.compile(rf"https?://{_HOST.pattern}(:\d+)?(/\S*)?|{_ADDRESS.pattern}", re.IGNORECASE)
_KINDS = {"int": "a whole number", "float": "a number", "bool": "true or false"}


class SettingsError(ValueError):
    """A setting is missing or not allowed; says which, what was given and what is allowed."""


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
    zones: tuple[str, ...]  # two of the region's; empty takes its first two
    endpoint_zones: int
    database_min: float  # capacity units
    database_max: float
    instance_type: str
    spot: bool
    image_tag: str
    most_workers: int
    scraper_contact: str
    source_buckets: tuple[str, ...]  # of others, that sources name as s3://BUCKET/PREFIX
    scraper_schedule: str  # a rate(…) or cron(…) expression, in UTC
    api_domain: str
    domain: str
    zone_id: str
    alarm_email: str
    monthly_budget: int  # dollars
    site_url: str  # where people find the web application, no slash at its end; empty is CloudFront's address
    mail_from: str  # address that mails come from; empty sends none
    jobs_retention_seconds: int  # of results on the free plan
    jobs_archive_class: str
    jobs_free_bytes: int  # of an input file
    jobs_premium_bytes: int
    secret_key: pulumi.Output[str]
    origin_secret: pulumi.Output[str]

    def __post_init__(self) -> None:
        if (length := len(f"{self.project}-{self.stack}-{LONGEST_BUCKET}")) > MOST_BUCKET:
            raise SettingsError(
                f"stack: given {self.stack!r}, whose buckets' names would have {length} characters, "
                f"allowed: {MOST_BUCKET}"
            )
        _one_of("stack", self.stack, STACKS)
        self._check_place()
        _one_of("architecture", self.architecture, ARCHITECTURES)
        _one_of("logRetentionDays", self.log_retention_days, RETENTION_DAYS)
        _between("archiveWindow", self.archive_window, 1, MOST_WINDOW, " s")
        _between("endpointZones", self.endpoint_zones, 1, 2)
        _between("databaseMax", self.database_max, 1, MOST_CAPACITY)
        _between("databaseMin", self.database_min, 0, self.database_max)
        for name, units in (("databaseMin", self.database_min), ("databaseMax", self.database_max)):
            if units * 2 % 1:
                raise SettingsError(f"{name}: given {units:g}, allowed: halves")
        _between("mostWorkers", self.most_workers, 1, 50)
        _matches("scraperSchedule", self.scraper_schedule, _EXPRESSION, "rate(…) or cron(…)")
        if self.api_domain:
            _matches("apiDomain", self.api_domain, _HOST, "empty or a host, without https:// before it")
        if self.domain:
            _matches("domain", self.domain, _HOST, "empty or a host, without https:// before it")
        if self.image_tag:
            _matches("imageTag", self.image_tag, _TAG, "empty or a tag of images: letters, digits, . _ -")
        if self.scraper_contact:
            _matches("scraperContact", self.scraper_contact, _CONTACT, "empty, an e-mail address or an http(s) address")
        if self.alarm_email:
            _matches("alarmEmail", self.alarm_email, _ADDRESS, "empty or an e-mail address")
        _between("monthlyBudget", self.monthly_budget, 1, 1_000_000)
        if self.site_url:
            _matches(
                "siteUrl", self.site_url, _SITE, "empty, or an http(s) address without a path, nor a slash at its end"
            )
        if self.mail_from:
            _matches("mailFrom", self.mail_from, _ADDRESS, "empty or an e-mail address")
        _between("jobsRetentionSeconds", self.jobs_retention_seconds, 1, MOST_RETENTION, " s")
        _one_of("jobsArchiveClass", self.jobs_archive_class, ARCHIVE_CLASSES)
        if not 1 <= self.jobs_free_bytes <= self.jobs_premium_bytes <= MOST_UPLOAD:
            raise SettingsError(
                f"jobsFreeBytes and jobsPremiumBytes: given {self.jobs_free_bytes} and {self.jobs_premium_bytes}, "
                f"allowed: 1 to {MOST_UPLOAD}, in order"
            )
        if self.endpoint_url and not self.endpoint_url.startswith(("http://", "https://")):
            raise SettingsError(f"endpointUrl: given {self.endpoint_url!r}, allowed: empty, or an http(s) address")
        if self.stack == "local" and not self.endpoint_url:
            raise SettingsError("endpointUrl: given '', allowed for the stack 'local': the emulator's address")
        if self.domain and not self.zone_id:
            raise SettingsError(f"zoneId: given '', allowed where domain is {self.domain!r}: its hosted zone")
        if self.zone_id:
            _matches("zoneId", self.zone_id, _ZONE, "empty, or the id of a hosted zone: Z0123456789ABC")
        # t4g, m7g, c7gn: the letter after the generation says the maker of the processor.
        is_arm = bool(re.match(r"[a-z]+\d+g", self.instance_type))
        if is_arm != (self.architecture == "arm64") and self.stack != "local":
            raise SettingsError(
                f"instanceType: given {self.instance_type!r}, allowed: a kind of machine that is {self.architecture}"
            )

    def _check_place(self) -> None:
        """Where the stack is: by what the AWS SDK of this program knows of regions."""
        known = Session()
        for service in (*SERVICES, *(["sesv2"] if self.mail_from else [])):
            offered = known.get_available_regions(service)
            if self.region not in offered:
                raise SettingsError(
                    f"aws:region: given {self.region!r}, where AWS has no {service}, allowed: {', '.join(offered)}"
                )
        letters = [zone.removeprefix(self.region) for zone in self.zones]
        if self.zones and (len(set(letters)) != 2 or not all(re.fullmatch("[a-z]", one) for one in letters)):
            raise SettingsError(
                f"zones: given {', '.join(self.zones)!r}, allowed: empty, or two zones of the region: "
                f"{self.region}a,{self.region}b"
            )
        for bucket in self.source_buckets:
            _matches("sourceBuckets", bucket, _BUCKET, "names of buckets, with commas between them")

    @classmethod
    def load(cls) -> "StackSettings":
        """The running program's settings."""
        try:
            return cls._read()
        except pulumi.ConfigTypeError as error:
            name = error.key.removeprefix("labelmill:")
            raise SettingsError(f"{name}: given {error.value!r}, allowed: {_KINDS[error.expect_type]}") from error
        except pulumi.ConfigMissingError as error:
            name = error.key.removeprefix("labelmill:")
            raise SettingsError(f"{name}: given '', allowed: what `Pulumi.yaml` says of it") from error

    @classmethod
    def _read(cls) -> "StackSettings":
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
            zones=_words(config.get("zones")),
            endpoint_zones=config.require_int("endpointZones"),
            database_min=config.require_float("databaseMin"),
            database_max=config.require_float("databaseMax"),
            instance_type=config.require("instanceType"),
            spot=config.require_bool("spot"),
            image_tag=config.get("imageTag") or "",
            most_workers=config.require_int("mostWorkers"),
            scraper_contact=config.get("scraperContact") or "",
            source_buckets=_words(config.get("sourceBuckets")),
            scraper_schedule=config.require("scraperSchedule"),
            api_domain=config.get("apiDomain") or "",
            domain=config.get("domain") or "",
            zone_id=config.get("zoneId") or "",
            alarm_email=config.get("alarmEmail") or "",
            monthly_budget=config.require_int("monthlyBudget"),
            site_url=config.get("siteUrl") or "",
            mail_from=config.get("mailFrom") or "",
            jobs_retention_seconds=config.require_int("jobsRetentionSeconds"),
            jobs_archive_class=config.require("jobsArchiveClass"),
            jobs_free_bytes=config.require_int("jobsFreeBytes"),
            jobs_premium_bytes=config.require_int("jobsPremiumBytes"),
            secret_key=_secret(config, "secretKey", 50),
            origin_secret=_secret(config, "originSecret", 32),
        )


def _words(given: str | None) -> tuple[str, ...]:
    return tuple(word for word in re.split(r"[\s,]+", given or "") if word)


def _one_of(name: str, given: object, allowed: tuple[object, ...]) -> None:
    if given not in allowed:
        raise SettingsError(f"{name}: given {given!r}, allowed: {', '.join(map(repr, allowed))}")


def _between(name: str, given: float, least: float, most: float, unit: str = "") -> None:
    if not least <= given <= most:
        raise SettingsError(f"{name}: given {given:.12g}, allowed: {least:.12g} to {most:.12g}{unit}")


def _matches(name: str, given: str, allowed: re.Pattern[str], said: str) -> None:
    if not allowed.fullmatch(given):
        raise SettingsError(f"{name}: given {given!r}, allowed: {said}")


def _secret(config: pulumi.Config, name: str, shortest: int) -> pulumi.Output[str]:
    value = config.get(name) or ""
    if len(value) < shortest:
        raise SettingsError(
            f"{name}: given {len(value)} characters, allowed: {shortest} or more; "
            f"set it by `pulumi config set --secret {name}`"
        )
    return pulumi.Output.secret(value)
