"""What fills `pipeline.ports`: `aws` for AWS and the local AWS, `memory` for tests and dry runs."""
