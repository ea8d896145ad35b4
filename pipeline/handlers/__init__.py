"""The Lambdas, one a module: each wires adapters at its first call and leaves the rest to `pipeline.batch`."""
