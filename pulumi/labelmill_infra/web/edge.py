"""CloudFront before the labeler and its static files."""

from dataclasses import dataclass

import pulumi
from pulumi_aws import cloudfront, cloudwatch

from labelmill_infra.component import Component, Scope
from labelmill_infra.storage.bucket import PrivateBucket

from .domain import Domain

# Policies that AWS keeps, by the ids it gives them.
CACHE_NOTHING = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
CACHE_LONG = "658327ea-f89d-4fab-a63d-7e88639e58f6"
EVERYTHING_BUT_HOST = "b689b0a8-53d0-40ab-baf2-68738e2966ac"  # API Gateway knows its own name only
YEAR = 365 * 24 * 3600

# The header by which the labeler knows its client. Set here, so that what a client sends under this name is lost.
VIEWER_HEADER = "x-viewer-address"
SECRET_HEADER = "x-origin-secret"  # noqa: S105 the header's name
_VIEWER_FUNCTION = f"""
function handler(event) {{
    event.request.headers['{VIEWER_HEADER}'] = {{ value: event.viewer.ip }};
    return event.request;
}}
"""


@dataclass(frozen=True)
class Origin:
    """The labeler's API Gateway: its domain, its stage, and the secret that says a request came by CloudFront."""

    domain: str
    stage: str
    secret: pulumi.Output[str]


class Edge(Component):
    def __init__(
        self,
        noun: str,
        scope: Scope,
        *,
        origin: Origin,
        static: PrivateBucket,
        domain: Domain | None,
        logs: PrivateBucket,
    ) -> None:
        super().__init__("Edge", noun, scope)
        access = cloudfront.OriginAccessControl(
            self.name,
            origin_access_control_origin_type="s3",
            signing_behavior="always",
            signing_protocol="sigv4",
            opts=self.child(),
        )
        viewer = cloudfront.Function(
            self.name,
            runtime="cloudfront-js-2.0",
            comment="Tells the labeler its client's address",
            code=_VIEWER_FUNCTION,
            opts=self.child(),
        )
        headers = self._headers()
        self.distribution = cloudfront.Distribution(
            self.name,
            enabled=True,
            is_ipv6_enabled=True,
            http_version="http2and3",
            price_class="PriceClass_100",
            aliases=[domain.domain] if domain else [],
            origins=[
                {
                    "origin_id": "labeler",
                    "domain_name": origin.domain,
                    "origin_path": f"/{origin.stage}",
                    "custom_headers": [{"name": SECRET_HEADER, "value": origin.secret}],
                    "custom_origin_config": {
                        "http_port": 80,
                        "https_port": 443,
                        "origin_protocol_policy": "https-only",
                        "origin_ssl_protocols": ["TLSv1.2"],
                        "origin_read_timeout": 30,
                    },
                },
                {
                    "origin_id": "static",
                    "domain_name": static.bucket.bucket_regional_domain_name,
                    "origin_access_control_id": access.id,
                },
            ],
            default_cache_behavior={
                "target_origin_id": "labeler",
                "viewer_protocol_policy": "redirect-to-https",
                "allowed_methods": ["GET", "HEAD", "OPTIONS", "PUT", "POST", "PATCH", "DELETE"],
                "cached_methods": ["GET", "HEAD"],
                "compress": True,
                "cache_policy_id": CACHE_NOTHING,
                "origin_request_policy_id": EVERYTHING_BUT_HOST,
                "response_headers_policy_id": headers.id,
                "function_associations": [{"event_type": "viewer-request", "function_arn": viewer.arn}],
            },
            ordered_cache_behaviors=[
                {
                    "path_pattern": "/static/*",
                    "target_origin_id": "static",
                    "viewer_protocol_policy": "redirect-to-https",
                    "allowed_methods": ["GET", "HEAD"],
                    "cached_methods": ["GET", "HEAD"],
                    "compress": True,
                    "cache_policy_id": CACHE_LONG,
                    "response_headers_policy_id": headers.id,
                }
            ],
            restrictions={"geo_restriction": {"restriction_type": "none"}},
            viewer_certificate=(
                {
                    "acm_certificate_arn": domain.certificate_arn,
                    "ssl_support_method": "sni-only",
                    "minimum_protocol_version": "TLSv1.2_2021",
                }
                if domain
                else {"cloudfront_default_certificate": True}
            ),
            tags=self.tags,
            opts=self.child(),
        )
        static.open_to(self.distribution.arn)
        self._log_to(logs)
        if domain:
            domain.points_to(self.distribution)
        self.address = pulumi.Output.concat("https://", domain.domain if domain else self.distribution.domain_name)
        self.register_outputs({"address": self.address})

    def _log_to(self, logs: PrivateBucket) -> None:
        """Who asked for what, without cookies. CloudFront's logs are delivered by the region it has its seat in."""
        seat = "us-east-1"
        source = cloudwatch.LogDeliverySource(
            self.name,
            name=self.name,
            log_type="ACCESS_LOGS",
            resource_arn=self.distribution.arn,
            region=seat,
            tags=self.tags,
            opts=self.child(),
        )
        destination = cloudwatch.LogDeliveryDestination(
            self.name,
            name=self.name,
            output_format="json",
            delivery_destination_configuration={"destination_resource_arn": logs.bucket.arn},
            region=seat,
            tags=self.tags,
            opts=self.child(),
        )
        cloudwatch.LogDelivery(
            self.name,
            delivery_source_name=source.name,
            delivery_destination_arn=destination.arn,
            region=seat,
            tags=self.tags,
            opts=self.child(),
        )

    def _headers(self) -> cloudfront.ResponseHeadersPolicy:
        return cloudfront.ResponseHeadersPolicy(
            self.name,
            # The labeler sends its own content security policy, which knows its pages.
            security_headers_config={
                "strict_transport_security": {
                    "access_control_max_age_sec": YEAR,
                    "include_subdomains": True,
                    "override": True,
                },
                "content_type_options": {"override": True},
                "frame_options": {"frame_option": "DENY", "override": True},
                "referrer_policy": {"referrer_policy": "same-origin", "override": True},
            },
            opts=self.child(),
        )

    def outputs(self) -> dict[str, pulumi.Input[str]]:
        return {"distribution_id": self.distribution.id, "site_address": self.address}
