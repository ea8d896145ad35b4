"""Pages of reviewers outside the admin."""
