#!/usr/bin/env python3
"""Writes the tables that map Resource Manager's responses to az's documents, from az's own models.

    AZ_VENV/bin/python tests/record_schema.py && cargo fmt
    PYTHONPATH=UNPACKED AZ_VENV/bin/python tests/record_schema.py --preview && cargo fmt

Needs azure-cli 2.91.0; run it again for a newer one. A table is a `Model` of `azq-schema`.
`--preview` writes the tables that only the extension aks-preview has; UNPACKED is then the directory of
the unpacked wheel azure-mgmt-containerservice 41.4.0b1 of PyPI (API version 2026-04-02-preview).
"""
import datetime
import re
import sys
import typing
from pathlib import Path

from azure.core.serialization import get_backcompat_attr_name
from azure.mgmt.containerservice.models import _enums, _models
from knack.util import to_camel_case

SOURCE = Path(__file__).resolve().parent.parent / "daemon/src"
# The file, its content as its documentation names it, and its root models. A model is written to the first file that reaches it.
FILES = [
    ("nodepools/schema.rs", "agent pools", ["AgentPool"]),
    ("nodepools/snapshot_schema.rs", "node pool snapshots", ["Snapshot"]),
    ("machines/schema.rs", "the machines of agent pools", ["Machine"]),
    ("nodepools/upgrade_schema.rs", "agent pool upgrade profiles", ["AgentPoolUpgradeProfile"]),
    ("clusters/network_schema.rs", "a managed cluster's network, API server and ingress",
     ["ContainerServiceNetworkProfile", "ManagedClusterAPIServerAccessProfile", "ManagedClusterHTTPProxyConfig",
      "ManagedClusterIngressProfile", "ServiceMeshProfile"]),
    ("clusters/feature_schema.rs", "a managed cluster's upgrades, monitoring, security and scaling",
     ["ManagedClusterAutoUpgradeProfile", "ManagedClusterAzureMonitorProfile", "ClusterUpgradeSettings",
      "ManagedClusterMetricsProfile", "ManagedClusterPodIdentityProfile", "ManagedClusterSecurityProfile",
      "ManagedClusterStorageProfile", "ManagedClusterWorkloadAutoScalerProfile"]),
    ("clusters/schema.rs", "managed clusters", ["ManagedCluster"]),
    ("clusters/command_schema.rs", "what a command in a cluster came to", ["RunCommandResult"]),
    ("clusters/version_schema.rs", "Kubernetes versions and upgrade profiles",
     ["KubernetesVersionListResult", "ManagedClusterUpgradeProfile"]),
]
PREVIEW_FILES = [("../crates/skus/src/vm_sku_schema.rs", "the VM SKUs of AKS", ["ResourceSku"])]
SCALARS = {str: "Text", int: "Integer", float: "Float", bool: "Boolean", bytes: "Bytes",
           datetime.datetime: "DateTime", typing.Any: "Any"}


def resolve(annotation):
    """Returns the class behind a forward reference, else the annotation."""
    name = getattr(annotation, "__forward_arg__", annotation)
    if isinstance(name, str):
        name = name.split(".")[-1]
        return getattr(_models, name, None) or getattr(_enums, name)
    return annotation


def is_model(cls):
    return getattr(cls, "_is_model", False)


def kind(annotation):
    """Returns the row's kind and the models that it names."""
    annotation = resolve(annotation)
    if annotation in SCALARS:
        return SCALARS[annotation], []
    if is_model(annotation):
        return f"Object(&{constant(annotation)})", [annotation]
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Union:
        arguments = [a for a in arguments if a is not type(None)]
        return kind(arguments[0]) if len(arguments) == 1 else ("Choice", [])
    if origin in (list, dict):
        inner, models = kind(arguments[-1])
        return f"{'List' if origin is list else 'Map'}(&{inner})", models
    raise TypeError(f"no kind for {annotation}")


def constant(cls):
    return upper(cls.__name__)


def upper(name):
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).upper()


def fields(cls):
    cls()  # works them out
    return cls._attr_to_rest_field


def rows(cls):
    """Returns the rows of a model, and the models that they name."""
    annotations = {k: v for c in reversed(cls.__mro__) for k, v in getattr(c, "__annotations__", {}).items()}
    flattened = next((v for k, v in vars(cls).items() if k.endswith("__flattened_items")), [])
    found, used = [], []
    for name, field in fields(cls).items():
        text, models = kind(annotations[name])
        if flattened and models and set(flattened) & set(fields(models[0])):
            text = text.replace("Object", "Flattened")
        arm, az = field._rest_name, to_camel_case(get_backcompat_attr_name(cls(), name))
        found.append(f'"{arm}": {text}' if arm == az else f'"{arm}" as "{az}": {text}')
        used += models
    return found, used


def reach(cls, known, tables):
    """Adds the tables of a model and of all models that it names, leaves first."""
    if cls in known:
        return
    known[cls] = None
    found, used = rows(cls)
    for model in used:
        reach(model, known, tables)
    tables[cls] = found


def table(name, found):
    """Formats a model on one line if it fits, else with one line a row."""
    line = f"    {name} {{ {', '.join(found)} }}"
    return line if len(line) <= 100 else "\n".join([f"    {name} {{", *(f"        {row}," for row in found), "    }"])


# The kinds of az's generated commands ("AAZ") by the names of their classes.
GENERATED = {"AAZStrType": "Text", "AAZIntType": "Integer", "AAZFloatType": "Float", "AAZBoolType": "Boolean",
             "AAZAnyType": "Any"}


def generated_kind(field, path, tables):
    """Returns the row's kind of a generated command's field; adds the tables that it names."""
    kind = type(field).__name__
    if kind in GENERATED:
        return GENERATED[kind]
    if kind in ("AAZListType", "AAZDictType"):
        return f"{'List' if kind == 'AAZListType' else 'Map'}(&{generated_kind(field._element, path, tables)})"
    rows = [f'"{arm}": {generated_kind(inner, [*path, arm], tables)}'
            for arm, inner in ((inner._serialized_name or key, inner) for key, inner in field._fields.items())]
    name = next((known for known, found in tables.items() if found == rows), None)
    if name is None:
        # The shortest end of the path that makes a unique name.
        names = ("_".join(map(upper, path[start:])) for start in range(len(path) - 1, -1, -1))
        name = next(name for name in names if name not in tables and name != "PROPERTIES")
        tables[name] = rows
    return f"{'Flattened' if field._flags.get('client_flatten') else 'Object'}(&{name})"


def write_virtual_machines():
    from azure.cli.command_modules.vm.aaz.latest.vm._show import Show
    tables = {}
    generated_kind(Show.VirtualMachinesGet._build_schema_on_200(), ["virtualMachine"], tables)
    body = "\n".join(table(name, found) for name, found in tables.items())
    kinds = sorted(k for k in {*GENERATED.values(), "Object", "Flattened", "List", "Map"} if re.search(rf"\b{k}\b", body))
    (SOURCE / "compute/vm_schema.rs").write_text(
        "//! az's model of virtual machines, written by `tests/record_schema.py` from azure-cli 2.91.0.\n\n"
        f"use azq_schema::Kind::{{{', '.join(kinds)}}};\nuse azq_schema::models;\n\nmodels! {{\n{body}\n}}\n")
    print("compute/vm_schema.rs", len(tables), "models")


def main():
    is_preview = "--preview" in sys.argv
    source = "azure-mgmt-containerservice 41.4.0b1" if is_preview else "azure-cli 2.91.0"
    if not is_preview:
        write_virtual_machines()
    known, homes = {}, {}
    for path, title, roots in PREVIEW_FILES if is_preview else FILES:
        tables = {}
        for root in roots:
            reach(getattr(_models, root), known, tables)
        homes.update({constant(cls): path for cls in tables})
        body = "\n".join(table(constant(cls), found) for cls, found in tables.items())
        kinds = sorted(k for k in {*SCALARS.values(), "Choice", "Object", "Flattened", "List", "Map"}
                       if re.search(rf"\b{k}\b", body))
        uses = [f"use azq_schema::Kind::{{{', '.join(kinds)}}};", "use azq_schema::models;"]
        for other in dict.fromkeys(homes.values()):
            names = sorted(n for n in set(re.findall(r"&(\w+)\)", body)) if homes.get(n) == other)
            if other != path and names:
                uses.append(f"use crate::{other[:-3].replace('/', '::')}::{{{', '.join(names)}}};")
        (SOURCE / path).write_text(
            f"//! az's models of {title}, written by `tests/record_schema.py` from {source}.\n\n"
            + "\n".join(uses) + f"\n\nmodels! {{\n{body}\n}}\n")
        print(path, len(tables), "models")


if __name__ == "__main__":
    main()
