"""The page a post came from, as it was fetched."""
