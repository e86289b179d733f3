"""Serves moto's Step Functions on a free port, until standard input ends: so it never outlives the one who started it.

The tasks of a state machine call the services at MOTO_PORT, where the local AWS listens. A minute of AWS's takes MINUTE_MS here: the
time of Wait states and of retries. Standard input has a line of JSON for each role, with its credentials; standard output one for the
port, and one for each execution that ends.
"""

import json
import os
import re
import sys
import threading
import time
import types
from datetime import timezone

SECOND = float(os.environ["MINUTE_MS"]) / 60_000
credentials = {}
output = threading.Lock()


def tell(line):
    with output:
        print(json.dumps(line), flush=True)


import boto3
from botocore.config import Config
from moto.settings import moto_server_port
from moto.stepfunctions.parser.asl.utils import json_path

extract_json = json_path.extract_json


def extract_one(path, data):
    """A path without wildcards leads to one value, below an element of a list as well (as in `$.list[0].name`)."""
    found = extract_json(path, data)
    below_element = re.search(r"\[\d+\]\.", path) and not re.search(r"[*?:]|\.\.|,", path)
    return found[0] if below_element and isinstance(found, list) and len(found) == 1 else found


json_path.extract_json = extract_one

from moto.stepfunctions.parser.asl.utils import boto_client

# Making a client reads the model of its service, half a second each time; a client may be used by many threads.
clients = {}
making = threading.Lock()


def boto_client_for(region, service, state_credentials=None):
    """With the credentials of the state machine's role, which moto's own has not."""
    key = (service, state_credentials.role_arn)
    with making:
        if key not in clients:
            clients[key] = boto3.session.Session().client(
                service,
                region_name=region,
                endpoint_url=f"http://127.0.0.1:{moto_server_port()}",
                config=Config(parameter_validation=False, retries={"total_max_attempts": 1}, read_timeout=600),
                **credentials[state_credentials.role_arn],
            )
        return clients[key]


boto_client.boto_client_for = boto_client_for

from moto.server import ThreadedMotoServer
from moto.stepfunctions.parser.asl.component.common.retry import retrier_decl
from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import state_task_service_aws_sdk
from moto.stepfunctions.parser.asl.component.state.wait.wait_function.wait_function import WaitFunction
from moto.stepfunctions.parser.backend.execution import BaseExecutionWorkerCommunication, Execution

retrier_decl.time = types.SimpleNamespace(sleep=lambda seconds: time.sleep(seconds * SECOND))

# "the name of the service ... in Pascal case" (Step Functions Developer Guide, AWS SDK service integrations: Ec2, DynamoDb, AutoScaling).
state_task_service_aws_sdk._SERVICE_ERROR_NAMES.update({"autoscaling": "AutoScaling", "ssm": "Ssm", "sns": "Sns", "ec2": "Ec2"})


def wait_interval(self, env, wait_seconds):
    end = time.monotonic() + wait_seconds * SECOND
    # The event is set and cleared at once, so that a look is better than a wait for it alone.
    while env.is_running() and time.monotonic() < end:
        env.program_state_event.wait(max(0, min(0.1, end - time.monotonic())))


WaitFunction._wait_interval = wait_interval

terminated = BaseExecutionWorkerCommunication.terminated


def tell_end(self):
    terminated(self)
    tell({"ended": self.execution.exec_arn})


BaseExecutionWorkerCommunication.terminated = tell_end

start_details = Execution.get_start_execution_details


def with_time_as_text(self):
    """`$$.Execution.StartTime` is text, of ISO 8601."""
    details = start_details(self)
    details.start_time = details.start_time.astimezone(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return details


Execution.get_start_execution_details = with_time_as_text

server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
server.start()
tell({"port": server.get_host_and_port()[1]})
for line in sys.stdin:
    role = json.loads(line)
    credentials[role["arn"]] = role["credentials"]
    tell({"role": role["arn"]})
os._exit(0)
