"""Annotation jobs as a service: what a job is, how it moves, and who moves it. Annotators are run by `worker` alone."""
