"""The commands of `python -m scraper`, one module each."""
