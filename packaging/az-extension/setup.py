"""A wheel for one platform: the extension and the binaries that `build-az-extension` has put into it."""

import os

from setuptools import Distribution, setup


class PlatformDistribution(Distribution):
    """Has no extension modules, and is for one platform all the same."""

    def has_ext_modules(self):
        return True


setup(
    name="azq",
    version=os.environ["WHEEL_VERSION"],
    description="Answers repeated az commands in milliseconds, through the azqd daemon.",
    license="MIT",
    packages=["azext_azq"],
    package_data={"azext_azq": ["azext_metadata.json", "commands.json", "bin/*"]},
    python_requires=">=3.9",
    distclass=PlatformDistribution,
    options={"bdist_wheel": {"py_limited_api": "cp39"}},
)
