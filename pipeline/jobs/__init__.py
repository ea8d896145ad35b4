"""Annotation jobs as a service: what a job is, how it moves, and who moves it. No annotator is imported here."""
