"""The supervisor as the tests start it, with one queue in place of the whole program."""

import json
import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "pulumi"))

from labelmill_local.creators.clients import Clients
from labelmill_local.emulator import EmulatorError
from labelmill_local.guard import read_secret
from labelmill_local.supervisor import serve


def provision(state: Path, endpoint_url: str) -> None:
    secret = read_secret(state)
    sqs = Clients(endpoint_url, "us-east-1", secret).get("sqs")
    url = sqs.create_queue(QueueName="work")["QueueUrl"]
    (state / "provisioning").write_text(str(os.getpid()))
    time.sleep(float(os.environ.get("PROVISION_SECONDS", "0")))
    outputs = {
        "endpoint_url": endpoint_url,
        "region": "us-east-1",
        "work_queue_url": url,
        "secret_access_key": secret,
    }
    (state / "stack.part").write_text(json.dumps(outputs))
    (state / "stack.part").rename(state / "stack.json")


if __name__ == "__main__":
    try:
        serve(Path(sys.argv[1]), provision)
    except EmulatorError as error:
        sys.exit(str(error))
