"""Datasets in files: readers and writers of what labelled text is exchanged in. Pure: no AWS, no Django."""
