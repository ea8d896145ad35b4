"""Deciding between the answers to a post."""
