"""What reviewers made, from the buckets into the database and compared with them."""
