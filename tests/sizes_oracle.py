#!/usr/bin/env python3
"""Computes the expected answers of `azq sizes`: the same options over the same catalogue, without any of its code.

    tests/sizes_oracle.py CATALOGUE --random COUNT SEED > cases.jsonl
    tests/sizes_oracle.py CATALOGUE < cases.jsonl > answers.jsonl

A line of the input is a list of the command's arguments, without `sizes`; a line of the output is
the list of [name, location] in order. CATALOGUE is a page of Azure's list of resource SKUs (.json,
.json.xz). `--aks` selects sizes with at least two vCPUs, as the emulator's AKS does, and 2 GB; `--quota`
assumes that 8 of the region's 100 vCPUs are in use, and the emulator's quotas of families; prices are
the emulator's.
"""

import json
import lzma
import random
import re
import sys

FLAGS = "gen1 gen2 accelerated-networking premium-io encryption-at-host ultra-ssd trusted-launch confidential spot nvme scsi aks available".split()


def number(text):
    return float(text) if re.fullmatch(r"[0-9.]+", text) and text.count(".") < 2 and text != "." else None


def key(family):
    short = re.sub(r"[\W_]", "", family.lower())
    short = short[len("standard"):] if short.startswith("standard") else short
    return short[: -len("family")] if short.endswith("family") else short


class Size:
    def __init__(self, sku):
        self.name, self.family, self.location = sku["name"], sku["family"], sku["locations"][0]
        self.caps = {c["name"].lower(): c["value"] for c in sku["capabilities"]}
        cap = lambda name: self.caps.get(name.lower())
        true = lambda name: (cap(name) or "").lower() == "true"
        self.gens = (cap("HyperVGenerations") or "").split(",")
        self.total = int(cap("vCPUs"))
        self.vcpus = int(cap("vCPUsAvailable") or self.total)
        self.memory, self.gpus = float(cap("MemoryGB")), int(cap("GPUs") or 0)
        self.arch = (cap("CpuArchitectureType") or "x64").lower()
        self.controllers = [c.strip() for c in (cap("DiskControllerTypes") or "SCSI").split(",")]
        self.snp = cap("ConfidentialComputingType")
        self.accelerated, self.premium = true("AcceleratedNetworkingEnabled"), true("PremiumIO")
        self.encryption, self.spot = true("EncryptionAtHostSupported"), true("LowPriorityCapable")
        self.trusted = "V2" in self.gens and not true("TrustedLaunchDisabled")
        places = (cap("SupportedEphemeralOSDiskPlacements") or "CacheDisk,ResourceDisk").split(",")
        nvme = cap("NvmeSizePerDiskInMiB") or cap("NvmeDiskSizeInMiB") or 0
        room = {"CacheDisk": int(cap("CachedDiskBytes") or 0) // 2**30, "ResourceDisk": int(cap("MaxResourceVolumeMB") or 0) // 1024, "NvmeDisk": int(nvme) // 1024}
        self.ephemeral = max((room[p] for p in places), default=0) if true("EphemeralOSDiskSupported") else 0
        info = sku["locationInfo"][0]
        details = info["zoneDetails"]
        self.ultra_zones = {z for d in details if any(c["name"] == "UltraSSDAvailable" and c["value"] == "True" for c in d["capabilities"]) for z in d["Name"]}
        self.ultra = true("UltraSSDAvailable") or bool(self.ultra_zones)
        mine = [r for r in sku["restrictions"] if self.location in r["restrictionInfo"]["locations"]]
        self.restricted = any(r["type"] == "Location" for r in mine)
        closed = {z for r in mine if r["type"] == "Zone" for z in r["restrictionInfo"]["zones"]}
        self.open = set() if self.restricted else set(info["zones"]) - closed
        self.series = re.match("[A-Z]*", self.name.split("_", 1)[1]).group()
        self.generation = "V2" if "V2" in self.gens else "V1"
        self.controller = "SCSI" if "SCSI" in self.controllers else "NVMe"


def within(text, value):
    low, dots, high = text.partition("..")
    if not dots:
        return value == float(text)
    return (not low or value >= float(low)) and (not high or value <= float(high))


def capability(size, text):
    name, operator, wanted = re.fullmatch(r"([^=!<>]+?)\s*(=~|!=|>=|<=|=|>|<)\s*(.*)", text).groups()
    value = size.caps.get(name.lower())
    if operator == "=~":
        return value is not None and re.search(wanted, value, re.I) is not None
    both = (number(value), number(wanted)) if value is not None else (None, None)
    if operator in ("=", "!="):
        same = value is not None and (both[0] == both[1] if None not in both else value.lower() == wanted.lower())
        return same == (operator == "=")
    return both[0] is not None and {">=": both[0] >= both[1], "<=": both[0] <= both[1], ">": both[0] > both[1], "<": both[0] < both[1]}[operator]


def difference(a, b):
    return abs(a - b) / max(a, b) if max(a, b) else 0.0


def distance(size, base):
    total = 4.0 * difference(size.vcpus, base.vcpus)
    total += 4.0 * difference(size.memory, base.memory)
    total += 8.0 * difference(size.gpus, base.gpus)
    total += 2.0 if size.series != base.series else 0.0
    for has in (lambda s: s.premium, lambda s: s.accelerated, lambda s: s.encryption, lambda s: s.spot, lambda s: s.ephemeral, lambda s: s.snp):
        total += 0.5 if has(base) and not has(size) else 0.0
    return total


def alike(size, base):
    near = lambda a, b: a * 2 >= b and a <= b * 2
    return size.arch == base.arch and (size.gpus > 0) == (base.gpus > 0) and near(size.vcpus, base.vcpus) and near(size.memory, base.memory)


def resizable(size, base):
    what = lambda s: (s.generation, s.controller, s.arch, s.snp)
    return what(size) == what(base)


def quota(sizes):
    """Returns the emulator's free quota: eight vCPUs of a region's first family are used, and every seventh family has none left."""
    families = {}
    for size in sizes:
        families.setdefault(size.location, set()).add(size.family)
    left = {}
    for location, names in families.items():
        for index, family in enumerate(sorted(names)):
            left[location, key(family)] = 0 if index % 7 == 6 else 92 if index == 0 else 100
    return left


def read(arguments):
    given, name = {}, None
    for argument in arguments:
        if argument.startswith("--"):
            name = argument[2:]
            given[name] = []
        else:
            given[name].append(argument)
    return given


def answer(sizes, left, arguments):
    given = read(arguments)
    locations = given.get("location", ["all"])
    if locations != ["all"]:
        sizes = [size for location in locations for size in sizes if size.location == location]
    one = lambda name: given[name][0]
    base = {}
    for option in ("like", "resizable-from"):
        if option in given:
            named = [size for size in sizes if size.name == one(option)]
            base[option] = lambda size, named=named: next((b for b in named if b.location == size.location), named[0])
    tests = {
        "gen1": lambda s: "V1" in s.gens,
        "gen2": lambda s: "V2" in s.gens,
        "vcpus": lambda s: within(one("vcpus"), s.vcpus),
        "memory": lambda s: within(one("memory"), s.memory),
        "memory-per-vcpu": lambda s: within(one("memory-per-vcpu"), s.memory / s.vcpus),
        "gpus": lambda s: within(one("gpus"), s.gpus),
        "arch": lambda s: s.arch == one("arch").lower(),
        "zone": lambda s: set(given["zone"]) <= s.open,
        "accelerated-networking": lambda s: s.accelerated,
        "premium-io": lambda s: s.premium,
        "ephemeral-os-disk": lambda s: s.ephemeral >= int((given["ephemeral-os-disk"] or ["1"])[0]),
        "encryption-at-host": lambda s: s.encryption,
        "ultra-ssd": lambda s: set(given["zone"]) <= s.ultra_zones if "zone" in given else s.ultra,
        "trusted-launch": lambda s: s.trusted,
        "confidential": lambda s: bool(s.snp),
        "spot": lambda s: s.spot,
        "nvme": lambda s: "NVMe" in s.controllers,
        "scsi": lambda s: "SCSI" in s.controllers,
        "capability": lambda s: all(capability(s, text) for text in given["capability"]),
        "family": lambda s: key(s.family) in map(key, given["family"]),
        "allow": lambda s: any(re.search(p, s.name, re.I) for p in given["allow"]),
        "deny": lambda s: not any(re.search(p, s.name, re.I) for p in given["deny"]),
        "available": lambda s: not s.restricted,
        "like": lambda s: s.name != one("like") and alike(s, base["like"](s)),
        "resizable-from": lambda s: s.name != one("resizable-from") and resizable(s, base["resizable-from"](s)),
        "aks": lambda s: s.total >= 2 and s.vcpus >= 2 and s.memory >= 2,
        "quota": lambda s: room(s) // s.total >= int(one("quota")),
    }
    room = lambda s: 100 if "spot" in given else min(92, left[s.location, key(s.family)])
    fit = [size for size in sizes if all(test(size) for option, test in tests.items() if option in given)]
    usual = lambda s: (distance(s, base["like"](s)) if "like" in given else 0, s.location, s.vcpus, s.memory, s.name)
    fit.sort(key=usual)
    columns = {
        "name": lambda s: s.name, "location": lambda s: s.location, "vcpus": lambda s: s.vcpus, "memory": lambda s: s.memory,
        "memory-per-vcpu": lambda s: s.memory / s.vcpus, "gpus": lambda s: s.gpus, "quota": room,
        "price": lambda s: s.total * (0.09 if given.get("os-type") == ["Windows"] else 0.05), "spot-price": lambda s: s.total * (0.05 if given.get("os-type") == ["Windows"] else 0.01),
    }
    for column in reversed(given.get("sort", [])):
        name, _, direction = column.partition(":")
        fit.sort(key=columns[name], reverse=direction == "desc")
    limit = int(one("max")) if "max" in given else None
    return [[size.name, size.location] for size in fit[:limit]]


def case(sizes, chance):
    """Returns a random combination of options; most combinations have an answer."""
    locations = sorted({size.location for size in sizes})
    pick, arguments = chance.choice, []
    here = sizes
    if chance.random() < 0.8:
        wanted = chance.sample(locations, chance.choice([1, 1, 1, 2, min(3, len(locations))]))
        arguments += ["--location", *wanted]
        here = [size for size in sizes if size.location in wanted]
    some = pick(here)
    around = lambda value: pick([f"{value:g}", f"{value / 2:g}..{value * 2:g}", f"{value / 2:g}..", f"..{value * 2:g}"])
    values = {
        "vcpus": lambda: [around(some.vcpus)],
        "memory": lambda: [around(some.memory)],
        "memory-per-vcpu": lambda: [around(some.memory / some.vcpus)],
        "gpus": lambda: [pick(["0", "1..", "0..4", "..1"])],
        "arch": lambda: [pick(["x64", "arm64"])],
        "zone": lambda: chance.sample(["1", "2", "3"], pick([1, 2, 3])),
        "ephemeral-os-disk": lambda: pick([[], ["30"], ["128"], ["600"], ["1760"]]),
        "capability": lambda: chance.sample(["MaxDataDiskCount>=16", "MaxNetworkInterfaces<8", "vCPUsPerCore=2", "PremiumIO=true", "HyperVGenerations=~V2$", "RdmaEnabled!=True", "UncachedDiskIOPS>25600", "MaxResourceVolumeMB<=0", "MemoryGB=16.0"], pick([1, 2])),
        "family": lambda: [pick([some.family, key(some.family)]), pick(here).family],
        "allow": lambda: [pick(["_D", "s_v[45]$", "[0-9]+a", "^standard_e", "v5|v6"])],
        "deny": lambda: [pick(["_B", "_v3$", "Promo", "[0-9]-[0-9]", "p"])],
        "like": lambda: [some.name],
        "resizable-from": lambda: [pick(here).name],
        "quota": lambda: [pick(["1", "3", "20"])],
    }
    for flag in chance.sample(FLAGS, pick([0, 1, 2, 3])):
        arguments.append(f"--{flag}")
    for option in chance.sample(sorted(values), pick([0, 1, 1, 2, 3])):
        arguments += [f"--{option}", *values[option]()]
    columns = ["name", "location", "vcpus", "memory", "memory-per-vcpu", "gpus"]
    columns += ["quota"] if "--quota" in arguments else []
    if "--location" in arguments and chance.random() < 0.2:
        arguments += ["--price", "--os-type", pick(["Linux", "Windows"])]
        columns += ["price", "spot-price"]
    if chance.random() < 0.5:
        arguments += ["--sort", *(column + pick(["", ":desc"]) for column in chance.sample(columns, pick([1, 2])))]
    if chance.random() < 0.3:
        arguments += ["--max", str(pick([1, 5, 50]))]
    return arguments


def main():
    path = sys.argv[1]
    with (lzma.open if path.endswith(".xz") else open)(path, "rt") as file:
        catalogue = json.load(file)["value"]
    sizes = [Size(sku) for sku in catalogue if sku["resourceType"] == "virtualMachines"]
    if sys.argv[2:3] == ["--random"]:
        chance = random.Random(int(sys.argv[4]))
        for _ in range(int(sys.argv[3])):
            print(json.dumps(case(sizes, chance)))
        return
    left = quota(sizes)
    for line in sys.stdin:
        print(json.dumps(answer(sizes, left, json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
