"""What an account must have before a stack is made in it: asked before `up`, which would fail halfway."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from labelmill_infra import topology

from .zappa import MOST_AT_ONCE

# Answers of `aws … --output json`; raises `subprocess.CalledProcessError`.
Ask = Callable[..., Any]

UNRESERVED = 100  # that Lambda leaves to functions without a share
CONCURRENCY_QUOTA = "L-B99A9384"
FUNCTIONS = (
    topology.PREPROCESS,
    topology.ARCHIVE,
    topology.NOTIFY,
    topology.RETIRE,
    topology.THAW,
    topology.THAWED,
    topology.SWEEP,
)
RESERVED = MOST_AT_ONCE + sum(spec.concurrency for spec in FUNCTIONS)


def find_missing(config: Mapping[str, str], outputs: Mapping[str, str], ask: Ask) -> Iterator[str]:
    """What would make `up` fail, each with what to do. `config`: by full name; `outputs`: of the stack as it is."""
    yield from _find_missing_concurrency(config, ask)
    yield from _find_missing_machines(config, ask)
    yield from _find_missing_images(config, outputs, ask)


def find_notes(config: Mapping[str, str], ask: Ask) -> Iterator[str]:
    """What `up` does not fail at, and people will."""
    if config.get("labelmill:mailFrom") and not ask("sesv2", "get-account")["ProductionAccessEnabled"]:
        yield (
            "mailFrom: SES of this account is in its sandbox and mails verified addresses only, so nobody else can "
            "confirm a sign-up; ask for production access: SES console, Account dashboard, Request production access"
        )


def _find_missing_concurrency(config: Mapping[str, str], ask: Ask) -> Iterator[str]:
    if config["labelmill:reserveConcurrency"] != "true":
        return
    most = ask("lambda", "get-account-settings")["AccountLimit"]["ConcurrentExecutions"]
    if most < RESERVED + UNRESERVED:
        quota = f"--service-code lambda --quota-code {CONCURRENCY_QUOTA} --desired-value {RESERVED + UNRESERVED}"
        yield (
            f"reserveConcurrency: the account's Lambda functions may run {most} at once, allowed: "
            f"{RESERVED + UNRESERVED} or more; ask for them by `aws service-quotas request-service-quota-increase "
            f"{quota}`, and until then set reserveConcurrency to false"
        )


def _find_missing_machines(config: Mapping[str, str], ask: Ask) -> Iterator[str]:
    kind, region = config["labelmill:instanceType"], config["aws:region"]
    filters = f"Name=instance-type,Values={kind}"
    offers = ask(
        "ec2", "describe-instance-type-offerings", "--location-type", "availability-zone", "--filters", filters
    )
    offered = sorted(one["Location"] for one in offers["InstanceTypeOfferings"])
    found = ask("ec2", "describe-availability-zones", "--filters", "Name=opt-in-status,Values=opt-in-not-required")
    zones = [one["ZoneName"] for one in found["AvailabilityZones"] if one["State"] == "available"]
    chosen = config.get("labelmill:zones", "").replace(",", " ").split() or zones[:2]
    if lacking := [zone for zone in chosen if zone not in offered]:
        yield (
            f"zones: given {', '.join(chosen)}, where {', '.join(lacking)} has no {kind}, allowed: two of "
            f"{', '.join(offered) or f'none in {region}: choose another instanceType'}"
        )


def _find_missing_images(config: Mapping[str, str], outputs: Mapping[str, str], ask: Ask) -> Iterator[str]:
    tag = config.get("labelmill:imageTag", "")
    if not tag:
        return
    for name in ("scraper", "worker"):
        url = outputs.get(f"{name}_repository_url", "")
        if not url:
            yield f"imageTag: given {tag!r}, allowed before the first `up`: empty, since there is no registry yet"
            return
        images = ask("ecr", "list-images", "--repository-name", url.partition("/")[2])["imageIds"]
        tags = sorted({one["imageTag"] for one in images if "imageTag" in one})
        if tag not in tags:
            known = ", ".join(tags[-5:]) or "none: push one first"
            yield f"imageTag: given {tag!r}, which the registry {url} does not have, allowed: {known}"
