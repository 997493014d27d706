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
import textwrap
import typing
from collections import Counter
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
    ("clusters/command_schema.rs", "the result of a command in a cluster", ["RunCommandResult"]),
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
        return f"Object({constant(annotation)})", [annotation]
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Union:
        arguments = [a for a in arguments if a is not type(None)]
        return kind(arguments[0]) if len(arguments) == 1 else ("Choice", [])
    if origin in (list, dict):
        inner, models = kind(arguments[-1])
        return f"{'List' if origin is list else 'Map'}({inner})", models
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


def references(text):
    return re.findall(r"(?:Object|Flattened)\((\w+)\)", text)


class Writer:
    """Writes models. One that is named once, or that fits on the line of its row, stands in the place of its name."""

    def __init__(self, tables, roots):
        self.tables = tables
        uses = Counter(name for found in tables.values() for row in found for name in references(row))
        self.once = {name for name, number in uses.items() if number == 1} - {*roots}
        self.roots = roots

    def kind(self, kind, before, indent):
        outer = re.fullmatch(r"(List|Map)\((.*)\)", kind)
        if outer:
            return f"{outer[1]}({self.kind(outer[2], before + len(outer[1]) + 2, indent)})"
        model = re.fullmatch(r"(Object|Flattened)\((\w+)\)", kind)
        if not model or model[2] in self.roots:
            return kind
        found = self.tables[model[2]]
        if model[2] not in references("".join(found)):
            flat = f"{model[1]} {{ {', '.join(self.row(row, indent) for row in found)} }}"
            if "\n" not in flat and before + len(flat) < 100:
                return flat
        return f"{model[1]} {self.block(found, indent)}" if model[2] in self.once else kind

    def row(self, row, indent):
        name, kind = re.fullmatch(r'(.*"): (.*)', row).groups()
        return f"{name}: {self.kind(kind, indent + len(name) + 2, indent)}"

    def block(self, found, indent):
        rows = (" " * (indent + 4) + self.row(row, indent + 4) + ",\n" for row in found)
        return "{\n" + "".join(rows) + " " * indent + "}"

    def model(self, name):
        """Writes a model on one line if it fits, else with one line a row."""
        line = f"    {name} {{ {', '.join(self.row(row, 4) for row in self.tables[name])} }}"
        fits = "\n" not in line and len(line) <= 100
        return line if fits else f"    {name} {self.block(self.tables[name], 4)}"


# The models of an agent pool by itself and within its cluster, whose rows differ in az's name of its type alone; the
# second has a name besides.
POOL, PROFILE = "AGENT_POOL_MANAGED_CLUSTER_AGENT_POOL_PROFILE_PROPERTIES", "MANAGED_CLUSTER_AGENT_POOL_PROFILE"
POOL_MACRO = """
/// Declares the model of an agent pool: its name, az's name of the pool's type, and further rows.
macro_rules! agent_pool {{
    ($name:ident, $type:literal $(, $more:literal: $kind:ident)*) => {{
        models! {{
            $name {{
{rows}
                $($more: $kind,)*
            }}
        }}
    }};
}}
pub(crate) use agent_pool;

agent_pool!({name}, "typePropertiesType");
"""


def document(title, source):
    text = f"az's models of {title}, written by `tests/record_schema.py` from {source}."
    return "\n".join(f"//! {line}" for line in textwrap.wrap(text, 96, break_on_hyphens=False)) + "\n\n"


# The kinds of az's generated commands ("AAZ") by the names of their classes.
GENERATED = {"AAZStrType": "Text", "AAZIntType": "Integer", "AAZFloatType": "Float", "AAZBoolType": "Boolean",
             "AAZAnyType": "Any"}


def generated_kind(field, path, tables):
    """Returns the row's kind of a generated command's field; adds the tables that it names."""
    kind = type(field).__name__
    if kind in GENERATED:
        return GENERATED[kind]
    if kind in ("AAZListType", "AAZDictType"):
        return f"{'List' if kind == 'AAZListType' else 'Map'}({generated_kind(field._element, path, tables)})"
    rows = [f'"{arm}": {generated_kind(inner, [*path, arm], tables)}'
            for arm, inner in ((inner._serialized_name or key, inner) for key, inner in field._fields.items())]
    name = next((known for known, found in tables.items() if found == rows), None)
    if name is None:
        # The shortest end of the path that makes a unique name.
        names = ("_".join(map(upper, path[start:])) for start in range(len(path) - 1, -1, -1))
        name = next(name for name in names if name not in tables and name != "PROPERTIES")
        tables[name] = rows
    return f"{'Flattened' if field._flags.get('client_flatten') else 'Object'}({name})"


MACHINE = "VIRTUAL_MACHINE"


def written(writer, names, roots):
    """Writes those of the models that a root needs by name."""
    texts, wanted = {}, [*roots]
    while wanted:
        name = wanted.pop()
        texts[name] = writer.model(name)
        wanted += [other for other in references(texts[name]) if other in names and other not in texts]
    return "\n".join(texts[name] for name in names if name in texts)


def write_virtual_machines():
    from azure.cli.command_modules.vm.aaz.latest.vm._show import Show
    tables = {}
    generated_kind(Show.VirtualMachinesGet._build_schema_on_200(), ["virtualMachine"], tables)
    body = written(Writer(tables, [MACHINE]), tables, [MACHINE])
    (SOURCE / "compute/vm_schema.rs").write_text(
        "//! az's model of virtual machines, written by `tests/record_schema.py` from azure-cli 2.91.0.\n\n"
        f"use azq_schema::models;\n\nmodels! {{\n{body}\n}}\n")
    print("compute/vm_schema.rs", len(tables), "models")


def main():
    is_preview = "--preview" in sys.argv
    source = "azure-mgmt-containerservice 41.4.0b1" if is_preview else "azure-cli 2.91.0"
    if not is_preview:
        write_virtual_machines()
    known, files = {}, {}
    listed = PREVIEW_FILES if is_preview else FILES
    for path, _, roots in listed:
        files[path] = {}
        for root in roots:
            reach(getattr(_models, root), known, files[path])
    names = {path: [constant(cls) for cls in tables] for path, tables in files.items()}
    tables = {constant(cls): found for tables in files.values() for cls, found in tables.items()}
    writer = Writer(tables, [constant(getattr(_models, root)) for _, _, roots in listed for root in roots] + [POOL, PROFILE])
    for path, title, roots in listed:
        own = [constant(getattr(_models, root)) for root in roots]
        # The first file declares what others need too.
        others = [n for found in tables.values() for row in found for n in references(row)]
        shared = [n for n in names[path] if others.count(n) > 1 and n not in own and n not in (POOL, PROFILE)
                  and any(n in references(writer.block(found, 4)) for found in tables.values())]
        body = written(writer, [n for n in names[path] if n not in (POOL, PROFILE)], own + shared)
        declared = ""
        if POOL in names[path]:
            rows = [writer.row(row, 16).replace('"type" as "typePropertiesType"', '"type" as $type') for row in tables[POOL]]
            declared = POOL_MACRO.format(name=POOL, rows="\n".join(f"{' ' * 16}{row}," for row in rows))
        if PROFILE in names[path]:
            declared = f'\nagent_pool!({PROFILE}, "type", {tables[PROFILE][-1]});\n'
        hidden = writer.block(tables[PROFILE], 4) if PROFILE in names[path] else ""
        uses = ["use azq_schema::models;"]
        for other in names:
            used = {n for n in references(body + hidden) if n in names[other]}
            used |= {"agent_pool"} if hidden and POOL in names[other] else set()
            if other != path and used:
                uses.append(f"use crate::{other[:-3].replace('/', '::')}::{{{', '.join(sorted(used))}}};")
        (SOURCE / path).write_text(document(title, source) + "\n".join(uses) + f"\n\nmodels! {{\n{body}\n}}\n{declared}")
        print(path)


if __name__ == "__main__":
    main()
