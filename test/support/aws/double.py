"""Starts the AWS double (moto) on a free port of 127.0.0.1 with authentication on, and corrects it; see README.md.

Prints one line of JSON with its address and the key of a user who may do everything. Ends when stdin is closed.
"""

import json
import logging
import os
import sys
import threading

os.environ["INITIAL_NO_AUTH_ACTION_COUNT"] = "0"

from werkzeug.serving import make_server  # noqa: E402

import authentication  # noqa: E402
import labels  # noqa: E402
import lists  # noqa: E402
from moto.core import DEFAULT_ACCOUNT_ID  # noqa: E402
from moto.iam.models import iam_backends  # noqa: E402
from moto.moto_server.werkzeug_app import (  # noqa: E402
    DomainDispatcherApplication,
    MotoRequestHandler,
    create_backend_app,
)

ANYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


def make_owner() -> dict[str, str]:
    iam = iam_backends[DEFAULT_ACCOUNT_ID]["aws"]
    iam.create_user(region_name="us-east-1", user_name="owner")
    iam.put_user_policy("owner", "anything", json.dumps(ANYTHING))
    key = iam.create_access_key("owner")
    return {"adminAccessKeyId": key.access_key_id, "adminSecretAccessKey": key.secret_access_key}


def end_with_parent() -> None:
    sys.stdin.read()
    os._exit(0)


def main() -> None:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    authentication.correct()
    labels.correct()
    lists.correct()
    app = DomainDispatcherApplication(create_backend_app)
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=MotoRequestHandler)
    threading.Thread(target=end_with_parent, daemon=True).start()
    told = {"endpoint": f"http://127.0.0.1:{server.port}", "region": "us-east-1", "account": DEFAULT_ACCOUNT_ID}
    print(json.dumps(told | make_owner()), flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
