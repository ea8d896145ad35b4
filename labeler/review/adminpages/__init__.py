"""Pages of the admin for reviewers and admins."""
