"""Annotation jobs' own half: rows in, labelled rows out, by annotators that are found as plug-ins."""
