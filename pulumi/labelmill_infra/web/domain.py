"""A domain of one's own for the labeler, with its certificate."""

from pulumi_aws import acm, cloudfront, route53

from labelmill_infra.component import Component, Scope


class Domain(Component):
    def __init__(self, noun: str, scope: Scope, *, domain: str, zone_id: str) -> None:
        super().__init__("Domain", noun, scope)
        # `self.name` names resources; the domain is what people type.
        self.domain, self._zone_id = domain, zone_id
        certificate = acm.Certificate(
            self.name,
            domain_name=domain,
            validation_method="DNS",
            region="us-east-1",  # where CloudFront looks for certificates
            tags=self.tags,
            opts=self.child(),
        )
        option = certificate.domain_validation_options[0]
        proof = route53.Record(
            f"{self.name}-proof",
            zone_id=zone_id,
            name=option.resource_record_name,
            type=option.resource_record_type,
            records=[option.resource_record_value],
            ttl=300,
            opts=self.child(),
        )
        valid = acm.CertificateValidation(
            self.name,
            certificate_arn=certificate.arn,
            validation_record_fqdns=[proof.fqdn],
            region="us-east-1",
            opts=self.child(),
        )
        self.certificate_arn = valid.certificate_arn
        self.register_outputs({"certificate": self.certificate_arn})

    def points_to(self, distribution: cloudfront.Distribution) -> None:
        for kind in ("A", "AAAA"):
            route53.Record(
                f"{self.name}-{kind.lower()}",
                zone_id=self._zone_id,
                name=self.domain,
                type=kind,
                aliases=[
                    {
                        "name": distribution.domain_name,
                        "zone_id": distribution.hosted_zone_id,
                        "evaluate_target_health": False,
                    }
                ],
                opts=self.child(),
            )
