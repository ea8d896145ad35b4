"""Reads posts from the web, politely and safely, and hands them to the pipeline, each revision once."""
