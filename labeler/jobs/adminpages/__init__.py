"""Pages of the admin about annotation jobs and plans: for admins alone."""
