"""PostgreSQL on Aurora, as a database backend of Django: logged in to by IAM tokens instead of a password.

A token is good for a quarter of an hour and needed only to connect, so each connection gets a new one. It is signed
here, by the credentials of the process's role; nobody is asked for it.
"""

import os
from functools import cache
from typing import Any

from django.db.backends.postgresql import base

PORT = 5432


class DatabaseWrapper(base.DatabaseWrapper):
    def get_connection_params(self) -> dict[str, Any]:
        where = self.settings_dict
        signed = _signer().generate_db_auth_token(where["HOST"], int(where["PORT"] or PORT), where["USER"])
        return {**super().get_connection_params(), "password": signed}


@cache
def _signer() -> Any:
    from pipeline.adapters import aws  # boto3 takes 0.3 s to import: only who connects pays

    return aws.clients(os.environ).client("rds")
