"""The settings of a stack: typed, checked before anything is made. The only reader of `pulumi.Config`."""

from dataclasses import dataclass

import pulumi

ARCHITECTURES = ("arm64", "x86_64")
STACKS = ("local", "dev", "prod")
RETENTION_DAYS = (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096)  # what CloudWatch Logs accepts

MOST_WINDOW = 300  # seconds; Lambda waits no longer for a batch


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
    endpoint_url: str
    archive_window: int  # seconds

    def __post_init__(self) -> None:
        _one_of("stack", self.stack, STACKS)
        _one_of("architecture", self.architecture, ARCHITECTURES)
        _one_of("logRetentionDays", self.log_retention_days, RETENTION_DAYS)
        if not 1 <= self.archive_window <= MOST_WINDOW:
            raise SettingsError(f"archiveWindow: given {self.archive_window}, allowed: 1 to {MOST_WINDOW} s")
        if self.endpoint_url and not self.endpoint_url.startswith(("http://", "https://")):
            raise SettingsError(f"endpointUrl: given {self.endpoint_url!r}, allowed: empty, or an http(s) address")
        if self.stack == "local" and not self.endpoint_url:
            raise SettingsError("endpointUrl: given '', allowed for the stack 'local': the emulator's address")

    @classmethod
    def load(cls) -> "StackSettings":
        """The running program's settings. Defaults are in `Pulumi.yaml`, what differs in `Pulumi.<stack>.yaml`."""
        config, aws = pulumi.Config(), pulumi.Config("aws")
        return cls(
            project=pulumi.get_project(),
            stack=pulumi.get_stack(),
            region=aws.require("region"),
            architecture=config.require("architecture"),
            package=config.get("package") or "",
            protect=config.require_bool("protect"),
            log_retention_days=config.require_int("logRetentionDays"),
            endpoint_url=config.get("endpointUrl") or "",
            archive_window=config.require_int("archiveWindow"),
        )


def _one_of(name: str, given: object, allowed: tuple[object, ...]) -> None:
    if given not in allowed:
        raise SettingsError(f"{name}: given {given!r}, allowed: {', '.join(map(repr, allowed))}")
