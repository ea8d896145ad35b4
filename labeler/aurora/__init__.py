"""Aurora, the database on AWS: how to log in (`base`), and whom to believe that it is the one."""

from pathlib import Path

# The authorities of Amazon RDS in every region, as AWS publishes them (its "global bundle"); the first ends in 2061.
AUTHORITIES = Path(__file__).with_name("rds-ca.pem")
