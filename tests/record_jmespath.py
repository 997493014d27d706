#!/usr/bin/env python3
"""Records the results of Python's jmespath, called as az calls it, in goldens/jmespath.json.

    /path/to/az's/python tests/record_jmespath.py

Run it with a Python that has jmespath 1.1 (az 2.91 brings 1.1.0 and Python 3.11, whose `repr` of an OrderedDict the
recordings show). jmespath_cases.json has the documents and the expressions for each.
"""
import collections
import json
import pathlib
import sys

import jmespath

HERE = pathlib.Path(__file__).parent


def record(document, expression):
    try:
        query = jmespath.compile(expression)
    except ValueError as error:
        return {"syntax_error": str(error)}
    try:
        # repr distinguishes integers from floats, and a selection (OrderedDict) from data (dict).
        return {"result": repr(query.search(document, jmespath.Options(collections.OrderedDict)))}
    except Exception as error:  # pylint: disable=broad-except
        return {"error": str(error)}


def main():
    assert jmespath.__version__.startswith("1.1."), jmespath.__version__
    assert sys.version_info < (3, 12), "newer Pythons print an OrderedDict differently"
    source = json.loads((HERE / "jmespath_cases.json").read_text(encoding="utf-8"))
    cases = [
        {"document": name, "expression": expression, **record(source["documents"][name], expression)}
        for name, expressions in source["expressions"].items()
        for expression in expressions
    ]
    lines = ",\n".join(json.dumps(case, ensure_ascii=False) for case in cases)
    documents = json.dumps(source["documents"], ensure_ascii=False)
    golden = f'{{"documents": {documents},\n"cases": [\n{lines}\n]}}\n'
    (HERE / "goldens" / "jmespath.json").write_text(golden, encoding="utf-8")
    print(f"recorded {len(cases)} cases")


if __name__ == "__main__":
    main()
