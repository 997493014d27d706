#!/usr/bin/env python3
"""Runs the real az against the project's emulator, and records its behaviour as goldens or compares it with earlier goldens.

    record.py --az VENV/bin/az cases/nodepool_scale.json                      -> goldens/nodepool_scale.json
    record.py --az VENV/bin/az --compare --sample 12 GOLDENS/*.json           -> the differences, if any

A suite is {"preset": name, "cases": [{"name", "argv", "preset"?, "arm"?, "config"?, "env"?, "files"?, "modes"?, "links"?, "reads"?,
"stdin"?}]}; a golden is a case with `expect` {exit_code, stdout, stderr, mutations, files?}. `arm` overlays the preset, which is the
emulator's specification. `modes` are the modes of `files`, `links` are symbolic links with their targets, and `reads` names the files
whose state is recorded afterwards. `{home}` in an argument or a variable is replaced by the home, `{port}` in an argument by the
emulator's port.
Every case has its own emulator, home and az configuration directory.
"""
import argparse
import concurrent.futures
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path

HERE = Path(__file__).resolve().parent
STANDARD_HEADERS = {"host", "user-agent", "accept", "accept-encoding", "connection", "content-type", "content-length",
                    "authorization", "x-ms-client-request-id", "commandname", "parametersetname", "x-ms-correlation-request-id",
                    "x-ms-return-client-request-id", "traceparent", "tracestate", "x-ms-request-id", "transfer-encoding",
                    "x-ms-date"}


# The directory of the recorded az's extensions, if it has any.
EXTENSIONS = None


class Emulator:
    """An `azq-emulator` process that lives as long as a `with` block."""

    def __init__(self, binary, folder, specification, settings):
        (folder / "specification.json").write_text(json.dumps(specification))
        self.argv = [binary, "--specification", folder / "specification.json", "--config-dir", folder / "azure", "--until-stdin-closes"]
        for name, value in settings.items():
            self.argv += ["--setting", f"{name}={value}"]

    def __enter__(self):
        self.process = subprocess.Popen(self.argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.ready = json.loads(self.process.stdout.readline())
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(timeout=10)

    def mutations(self):
        """Returns the requests that change something, with the headers that have a meaning, in order."""
        with urllib.request.urlopen(f"{self.ready['controlEndpoint']}/emulator/requests") as answer:
            requests = json.load(answer)
        return [{"method": r["method"], "path": r["path"], "query": r["query"], "body": r["body"],
                 "headers": {k: v for k, v in r["headers"].items() if k not in STANDARD_HEADERS}}
                for r in requests if r["method"] not in ("GET", "HEAD") and "/oauth2/" not in r["path"]]


def specification(case, presets, overlay):
    """Returns the emulator's specification for a case; a catalogue file lies beside the presets' folder."""
    found = {**presets["known"][case.get("preset", "basic")], **case.get("arm", {}), **overlay}
    if found.get("skus", "").endswith((".json", ".zst")):
        found["skus"] = str(presets["folder"].parent / found["skus"])
    return found


def environment(case, folder, ready):
    env = {k: v for k, v in os.environ.items() if not k.startswith(("AZURE_", "IDENTITY_"))}
    env.update(AZURE_CONFIG_DIR=str(folder / "azure"), HOME=str(folder), REQUESTS_CA_BUNDLE=ready["certificate"],
               IDENTITY_ENDPOINT=ready["identityEndpoint"], IDENTITY_HEADER=ready["identityHeader"],
               AZURE_CORE_COLLECT_TELEMETRY="no", NO_COLOR="", COLUMNS="200",
               **({"AZURE_EXTENSION_DIR": str(EXTENSIONS.resolve())} if EXTENSIONS else {}),
               **{k: v.replace("{home}", str(folder)) for k, v in case.get("env", {}).items()})
    return env


def run(case, args, presets, warm):
    """Runs az for a case and returns its behaviour; None if it crashes or does not end, because azq does not imitate that."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copytree(warm, folder / "azure", dirs_exist_ok=True)
        for file, text in case.get("files", {}).items():
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            (folder / file).write_text(text)
            (folder / file).chmod(int(case.get("modes", {}).get(file, "600"), 8))
        for file, target in case.get("links", {}).items():
            (folder / file).symlink_to(target)
        with Emulator(args.emulator, folder, specification(case, presets, args.overlay), case.get("config", {})) as emulator:
            try:
                argv = [word.replace("{home}", name).replace("{port}", str(emulator.ready["port"])) for word in case["argv"]]
                done = subprocess.run([args.az, *argv], cwd=folder, env=environment(case, folder, emulator.ready),
                                      capture_output=True, text=True, timeout=args.timeout, input=case.get("stdin", ""))
            except subprocess.TimeoutExpired:
                print(f"skipped, az did not end: {case['name']}")
                return None
            if "Traceback (most recent call last)" in done.stderr:
                print(f"skipped, az crashed: {case['name']}: {done.stderr.strip().splitlines()[-1]}")
                return None
            found = {"exit_code": done.returncode, "stdout": done.stdout,
                     "stderr": done.stderr.replace(str(emulator.ready["port"]), "{port}").replace(name, "{home}"),
                     "mutations": emulator.mutations()}
            if "reads" in case:
                found["files"] = {file: state(folder / file) for file in case["reads"]}
            return found


def state(path):
    """Returns a file's text and mode, and whether it is a link; None if there is no file."""
    if not path.exists():
        return None
    return {"text": path.read_text(), "mode": f"{path.lstat().st_mode & 0o7777:o}", "is_link": path.is_symlink()}


def prepare(args, presets, warm):
    """Lets az build its command index once, so that every case starts from it."""
    case = {"argv": [], "preset": next(iter(presets["known"]))}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with Emulator(args.emulator, folder, {}, {}) as emulator:
            for argv in (["vm", "--help"], ["aks", "nodepool", "list", "-g", "a", "--cluster-name", "b"], ["account", "list-locations"]):
                subprocess.run([args.az, *argv], env=environment(case, folder, emulator.ready), capture_output=True, timeout=180)
        for file in (folder / "azure").iterdir():
            if file.name not in ("azureProfile.json", "clouds.config", "config", "emulator-ca.pem"):
                (shutil.copytree if file.is_dir() else shutil.copy)(file, warm / file.name)


def load(path):
    suite = json.loads(Path(path).read_text())
    cases = suite if isinstance(suite, list) else suite["cases"]
    for case in cases:
        case.setdefault("preset", suite.get("preset", "basic") if isinstance(suite, dict) else "basic")
        case["argv"] = case["argv"] if isinstance(case["argv"], list) else case["argv"].split()
    return cases


def record(path, args, presets, warm, pool):
    cases = load(path)
    assert len({case["name"] for case in cases}) == len(cases), f"{path}: two cases have one name"
    target = Path(args.out) / Path(path).name
    known = json.loads(target.read_text()) if args.changed and target.exists() else []
    recorded = {golden["name"]: golden.pop("expect") for golden in known}
    inputs = {golden["name"]: golden for golden in known}
    wanted = [case for case in cases if inputs.get(case["name"]) != case]
    recorded.update(zip((case["name"] for case in wanted), pool.map(lambda case: run(case, args, presets, warm), wanted)))
    done = [{**case, "expect": recorded[case["name"]]} for case in cases if recorded[case["name"]]]
    target.write_text(json.dumps(done, indent=1, ensure_ascii=False) + "\n")
    codes = sorted({case["expect"]["exit_code"] for case in done})
    print(f"{target.name}: {len(done)} cases, exit codes { {c: sum(d['expect']['exit_code'] == c for d in done) for c in codes} }")
    return True


def compare(path, args, presets, warm, pool):
    cases = load(path)
    if args.sample:
        cases = random.Random(args.seed).sample(cases, min(args.sample, len(cases)))
    got = list(pool.map(lambda case: run(case, args, presets, warm), cases))
    lower = lambda expect: [dict(m, path=m["path"].lower()) for m in expect["mutations"]]
    differing = 0
    for case, now in zip(cases, got):
        then = case["expect"]
        wrong = ["az did not end"] if now is None else [key for key in ("exit_code", "stdout", "stderr", "files") if then.get(key) != now.get(key)]
        if now is not None and lower(then) != lower(now):
            wrong.append("mutations")
        if wrong:
            differing += 1
            print(f"--- {case['name']}: {', '.join(wrong)}\n    {case['argv']}")
            for key in wrong if now else []:
                print(f"    {key} then: {str(then[key])[:900]!r}\n    {key} now:  {str(now[key])[:900]!r}")
    print(f"{Path(path).name}: {len(cases) - differing} of {len(cases)} as recorded")
    return differing == 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--az", required=True)
    parser.add_argument("--emulator", default=HERE.parent / "target/debug/azq-emulator")
    parser.add_argument("--presets", default=HERE / "cases/presets.json", type=Path)
    parser.add_argument("--out", default=HERE / "goldens")
    parser.add_argument("--overlay", default={}, type=json.loads, help="JSON laid over every specification")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--timeout", type=float, default=90)
    parser.add_argument("--changed", action="store_true", help="record only cases that differ from their goldens' command lines")
    parser.add_argument("--compare", action="store_true")
    parser.add_argument("--sample", type=int, default=0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("suites", nargs="+")
    parser.add_argument("--extensions", type=Path, help="the directory of the extensions that az has; without it, none")
    args = parser.parse_args()
    global EXTENSIONS
    EXTENSIONS = args.extensions
    presets = {"known": json.loads(args.presets.read_text()), "folder": args.presets.resolve().parent}
    with tempfile.TemporaryDirectory() as warm, concurrent.futures.ThreadPoolExecutor(args.jobs) as pool:
        prepare(args, presets, Path(warm))
        each = [(compare if args.compare else record)(suite, args, presets, Path(warm), pool) for suite in args.suites]
    sys.exit(0 if all(each) else 1)


if __name__ == "__main__":
    main()
