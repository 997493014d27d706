"""The version is the workspace's, which packaging/build-python-client reads."""

import os

from setuptools import setup

setup(version=os.environ.get("WHEEL_VERSION", "0"))
