"""Asks azqd, the daemon that answers az's commands in milliseconds.

    from azq_client import Client

    with Client() as azq:
        print(azq.call("vm list-skus", location="eastus", size="Standard_D4s_v5"))
"""

from ._client import Client, CommandError
from ._place import DaemonError, objection, runtime_dir

__all__ = ["Client", "CommandError", "DaemonError", "objection", "runtime_dir"]
