#!/usr/bin/env python3
"""Records the messages that az's own libraries make of Resource Manager's errors, in goldens/arm_errors.json.

    /opt/az/bin/python tests/record_arm_errors.py [SHARED/oracle/recorded]

Run it with the Python of an installed az 2.91.0. Each body is parsed by the three error formats of az; the result
`null` means that a format cannot parse the body. Of recorded real responses, if a folder of them is given, only the
file's name and a hash of the message are kept.
"""
import hashlib
import json
import sys
from pathlib import Path

from azure.cli.core.aaz._error_format import AAZMgmtErrorFormat
from azure.core.exceptions import HttpResponseError, ODataV4Format
from azure.mgmt.core.exceptions import ARMErrorFormat

FORMATS = {"OData": ODataV4Format, "Arm": ARMErrorFormat, "Aaz": AAZMgmtErrorFormat}
INFO = [{"type": "PolicyViolation", "info": {"policy": "é 😀", "n": [1, 2.5, True, None, {}], "e": []}}]
BODIES = [
    "", "null", "[]", "3", '"error"', "<html>", "{", '{"a": 1}', '{"error": null}', '{"error": "x"}', '{"error": []}',
    *(json.dumps(body) for body in [
        {"error": {"code": "C", "message": "m"}},
        {"code": "C", "message": "m", "details": None, "subcode": "", "target": ""},
        {"error": {"code": None, "message": "only a message"}},
        {"error": {"code": "OnlyCode"}},
        {"error": {"code": "", "message": ""}},
        {"error": {"code": 0, "message": 7, "target": {"a": ["it's", 'a "quote"', "\n\t\\\x01"]}}},
        {"error": {"code": "C", "message": ["x", 1.0, -0.5, True, None]}},
        {"error": {"code": "C", "message": "two\nlines\r\nthree\u2028four", "target": "t"}},
        {"error": {"code": "C", "message": "m", "details": [
            {"code": "D", "message": "one\ntwo\x0bthree", "target": "x", "details": [{"code": "E", "message": "deep"}]},
            {"error": {"code": "F", "message": "wrapped"}}, "text", None, {"x": 1}, {"message": "last"}]}},
        {"error": {"code": "C", "message": "m", "details": {"code": "not a list"}}},
        {"error": {"code": "C", "message": "m", "details": "text"}},
        {"error": {"code": "C", "message": "m", "innererror": {"code": "I", "nested": {"ü": "\u007f\u2028"}, "l": [[], {}]}}},
        {"error": {"code": "C", "message": "m", "innererror": "text"}},
        {"error": {"code": "C", "message": "m", "innererror": None}},
        {"error": {"code": "C", "message": "m", "additionalInfo": INFO + INFO}},
        {"error": {"code": "C", "message": "m", "additionalInfo": None}},
        {"error": {"code": "C", "message": "m", "additionalInfo": []}},
        {"error": {"code": "C", "message": "m", "additionalInfo": ""}},
        {"error": {"code": "C", "message": "m", "additionalInfo": {"type": "T", "info": 1}}},
        {"error": {"code": "C", "message": "m", "additionalInfo": [{"type": "T"}]}},
        {"error": {"code": "C", "message": "m", "details": [{"code": "D", "message": "n", "additionalInfo": INFO},
                                                            {"code": "G", "message": "gone", "additionalInfo": [{}]}]}},
        {"Error": {"Code": "C", "MESSAGE": "any case", "Target": "t", "Details": [{"CODE": "D", "Message": "n"}]}},
        {"error": {"Code": "C", "Message": "any case below"}},
        {"code": "outer", "message": "outer", "error": {"code": "inner", "message": "inner"}},
        {"status": "Failed", "error": {"code": "X", "message": "Y"}, "name": "op"},
        {"status": "Canceled", "name": "op"},
    ]),
    "\ufeff" + json.dumps({"error": {"code": "BOM", "message": "m"}}),
]


class Response:
    reason, status_code, request = "R", 400, None

    def __init__(self, text):
        self._text = text

    def text(self):
        return self._text


def words(body):
    # The SDK's `text()` decodes with utf-8-sig, which removes a byte-order mark before the formats parse the body.
    response = Response(body.removeprefix("\ufeff"))
    errors = {name: HttpResponseError(response=response, error_format=f) for name, f in FORMATS.items()}
    return {name: error.message if error.error else None for name, error in errors.items()}


def digest(text):
    return hashlib.sha256(text.encode()).hexdigest() if text is not None else None


def recorded(folder):
    for path in sorted(folder.glob("*/*.json")):
        body = json.loads(path.read_text())["response"]["bodyText"] or ""
        yield {"file": str(path.relative_to(folder)), "sha256": {k: digest(v) for k, v in words(body).items()}}


golden = Path(__file__).parent / "goldens/arm_errors.json"
cases = [{"body": body, "words": words(body)} for body in BODIES]
if len(sys.argv) > 1:
    cases += recorded(Path(sys.argv[1]))
golden.write_text(json.dumps(cases, indent=1, ensure_ascii=False) + "\n")
print(f"{golden}: {len(cases)} bodies")
