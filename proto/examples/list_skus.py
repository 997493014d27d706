#!/usr/bin/env python3
"""Asks azqd about many VM sizes at once: list_skus.py eastus Standard_D2s_v5 Standard_D4s_v5

Needs azq-client (packaging/python-client). It prints a line of JSON for each size, in their order.
"""

import json
import sys
from concurrent.futures import ThreadPoolExecutor

from azq_client import Client

location, *sizes = sys.argv[1:]
with Client() as azq, ThreadPoolExecutor(8) as pool:
    names = lambda size: azq.call("vm list-skus", location=location, size=size, query="[].name")
    for size, found in zip(sizes, pool.map(names, sizes)):
        print(json.dumps({"size": size, "skus": found}))
