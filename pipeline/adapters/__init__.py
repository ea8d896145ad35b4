"""What fills `pipeline.ports` on AWS and on the local AWS, a module for each kind of service."""
