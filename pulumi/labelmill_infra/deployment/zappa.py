"""Zappa's settings, made from a stack's outputs: the one description of the labeler's function and its API Gateway."""

from collections.abc import Mapping
from typing import Any

from labelmill_infra.stack.environments import LABELER

# What Zappa itself needs to deploy, and the function never imports.
DEPLOYING = (
    "troposphere",
    "cfn_*",
    "setuptools",
    "pkg_resources",
    "_distutils_hack",
    "pip",
    "wheel",
    "hjson",
    "argcomplete",
    "yaml",
    "_yaml",
    "pyyaml",
)
RUNTIME = ("boto3", "botocore", "s3transfer", "dateutil", "jmespath", "urllib3")  # Lambda's runtime has them
# Names match at any depth, so no bare word that a package of ours or of others may contain, such as `static`.
EXCLUDE = (
    *RUNTIME,
    *(f"{name}-*" for name in ("boto3", "botocore", "s3transfer", "python_dateutil", "jmespath", "urllib3")),
    *DEPLOYING,
    *(f"{name}-*" for name in DEPLOYING),
    "*.po",  # sources of translations; the compiled ones stay
    "swagger-ui*",  # pages of an API that has its own
    "redoc*",
    "*.js.map",
    # Of lxml, which reads archived pages: what nothing here imports, half of its size.
    *("objectify.*", "isoschematron", "sax.*", "diff.*", "_difflib.*", "*.pyx", "*.pxi", "*.pxd", "*.h"),
    "*.pyc",
    "RECORD",  # of each distribution, what pip uninstalls by
    ".git",
    ".github",
    ".local",
    ".venv",
    "bench",
    "build",
    "demo",
    "docs",
    "pulumi",
    "scraper",
    "tests",
    "test-output",
)
# By path: translations into languages that no page is in. English ones stay, which Django asks for.
EXCLUDE_GLOB = ("**/locale/[a-df-z]*", "**/locale/e[!n]*", "**/locale/en_*")
TIMEOUT_SECONDS = 30  # the API Gateway waits no longer
MEMORY_MB = 1024
MOST_AT_ONCE = 40  # each holds a connection to the database


class OutputMissing(LookupError):
    """The stack has no such output: it was not made, or by an older program."""


def make_settings(
    stack: str, outputs: Mapping[str, str], *, runtime: str, architecture: str, reserve: bool
) -> dict[str, Any]:
    """What `zappa_settings.json` holds for a stack. `outputs`: as `pulumi stack output --json` gives them. `reserve`:
    whether the function keeps its share of the account's concurrency."""

    def output(name: str) -> str:
        if not outputs.get(name):
            raise OutputMissing(f"output {name!r} of the stack {stack!r}: run `pulumi up --stack {stack}` first")
        return outputs[name]

    is_local = bool(outputs.get("endpoint_url"))
    stage: dict[str, Any] = {
        "project_name": "labelmill",
        "django_settings": "labeler.settings",
        "lambda_handler": "labeler.lambda_function.answer",  # Zappa's own runs what any event tells it to
        "aws_region": output("region"),
        "runtime": runtime,
        "architecture": architecture,
        "s3_bucket": output("deploy_bucket"),
        "endpoint_configuration": ["REGIONAL"],  # CloudFront is before it; another one between would only add time
        # The role is the stack's: Zappa's own may do anything with every bucket, queue and topic of the account.
        "manage_roles": False,
        "role_arn": output("labeler_role_arn"),
        "memory_size": MEMORY_MB,
        "timeout_seconds": TIMEOUT_SECONDS,
        "lambda_concurrency": MOST_AT_ONCE if reserve else None,
        "use_precompiled_packages": False,  # or a registry is asked for them
        "exclude": list(EXCLUDE),
        "exclude_glob": list(EXCLUDE_GLOB),
        "slim_handler": False,
        "keep_warm": False,  # an event from a schedule; nothing but the API Gateway may invoke the function
        "touch": not is_local,
        "log_level": "INFO",
        "debug": False,  # or an error's answer shows where in the code it was
        "xray_tracing": True,
        "num_retained_versions": 5,  # to go back to
        "aws_environment_variables": make_environment(stack, outputs),
    }
    if not is_local:
        # As the stack's own resources carry them, so that its budget counts the function too.
        stage["tags"] = {"project": "labelmill", "stack": stack, "component": "labeler", "cost": f"labelmill-{stack}"}
        stage["vpc_config"] = {
            "SubnetIds": output("labeler_subnet_ids").split(","),
            "SecurityGroupIds": [output("labeler_group_id")],
        }
    return {stack: stage}


def make_minimal_settings(stack: str, outputs: Mapping[str, str]) -> dict[str, Any]:
    """What Zappa needs to say how a stack's labeler is: less than a deployment, which an older stack may lack."""
    return {
        stack: {
            "project_name": "labelmill",
            "django_settings": "labeler.settings",
            "aws_region": outputs["region"],
            "s3_bucket": outputs["deploy_bucket"],
            "manage_roles": False,
            "role_arn": outputs["labeler_role_arn"],
        }
    }


def make_environment(stack: str, outputs: Mapping[str, str]) -> dict[str, str]:
    """The variables of the labeler's function: names only, no secret."""
    found = {name.upper(): outputs[name] for name in ("region", "secret_key_arn", *LABELER)}
    if outputs.get("endpoint_url"):
        # An address of the API Gateway begins with its stage, and a browser may call it by any name.
        prefix = f"/{stack}"
        keys = {name.upper(): outputs[name] for name in ("access_key_id", "secret_access_key") if name in outputs}
        return (
            found
            | keys
            | {
                "ENDPOINT_URL": outputs["endpoint_url"],
                "FORCE_SCRIPT_NAME": prefix,
                "STATIC_URL": f"{prefix}/static/",
                # Zappa takes every request for one by https, and a browser says that it came from here.
                "CSRF_TRUSTED_ORIGINS": outputs["endpoint_url"],
            }
        )
    return found | {
        "DATABASE_URL": outputs["database_url"],
        "DATABASE_MAY_SLEEP": outputs["database_may_sleep"],
        "ORIGIN_SECRET_ARN": outputs["origin_secret_arn"],
        # Empty before CloudFront is there: until then every request is refused.
        "SITE_ADDRESS": outputs.get("site_address", ""),
        "STATIC_URL": "/static/",
    }
