#!/usr/bin/env python3
"""Records the output of az for a table of documents, in every format, in goldens/formats.json.

Run it with the Python of an installed az 2.91.0, because it calls az's own formatters (knack, PyYAML, tabulate,
Pygments and jmespath):

    /opt/az/bin/python tests/record_formats.py

A recorded document is JSON, except for {"$ordered": [[key, value], ...]}, the result of a query's multi-select hash
(an OrderedDict), and {"$float": "nan"}, which JSON cannot express. The file is replayed by daemon/crates/output/src/goldens.rs.
"""
import json
import math
import os
from collections import OrderedDict

import jmespath
from knack.output import OutputProducer
from knack.util import CommandResultItem

# The formats, and whether a query is active, which affects tables only.
FORMATS = {
    'json': ('json', False), 'jsonc': ('jsonc', False), 'yaml': ('yaml', False), 'yamlc': ('yamlc', False),
    'tsv': ('tsv', False), 'table': ('table', False), 'table with query': ('table', True),
}


def output(result, name):
    """Returns the text that az prints (knack, cli.py, CLI.invoke)."""
    format_type, is_query_active = FORMATS[name]
    if result is None:
        return ''
    item = CommandResultItem(result, table_transformer=None, is_query_active=is_query_active)
    return OutputProducer._FORMAT_DICT[format_type](item)  # pylint: disable=protected-access


def outputs(result):
    """Returns the output in every format."""
    return {name: output(result, name) for name in FORMATS}


def encode(value):
    """Returns a document as the file contains it."""
    if isinstance(value, OrderedDict):
        return {'$ordered': [[key, encode(item)] for key, item in value.items()]}
    if isinstance(value, dict):
        return {key: encode(item) for key, item in value.items()}
    if isinstance(value, list):
        return [encode(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return {'$float': str(value)}
    return value


def tree(value):
    """Returns a copy in which no two parts are the same object, as in az's documents (azure-cli-core, util.py, todict)."""
    if isinstance(value, dict):
        return type(value)((key, tree(item)) for key, item in value.items())
    return [tree(item) for item in value] if isinstance(value, list) else value


def selection(**entries):
    """Returns the result of a multi-select hash."""
    return OrderedDict(entries)


LOREM = ('Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod tempor incididunt ut labore et dolore '
         'magna aliqua. Ut enim ad minim veniam')

STRINGS = [
    # Strings that YAML would read as another type.
    '', 'y', 'Y', 'yes', 'Yes', 'YES', 'no', 'on', 'Off', 'true', 'True', 'tRue', 'false', 'null', 'Null', 'nUll', '~', '~a',
    'None', '1', '-1', '+1', '0', '00', '017', '08', '0o17', '0x1F', '0b101', '1_000', '1__0', '_1', '1.5', '1.', '.5', '.',
    '..', '...', '---', '--- a', '...b', '-', '- a', '-a', '--', '1e3', '1e+3', '1.5e3', '1.5e+3', '1.5E-3', '.5e+1', '.inf',
    '-.Inf', '+.INF', '.nan', '.NaN', 'nan', 'inf', '190:20:30', '190:60:30', '1:2', '12:30:45.5', '2001-12-14', '2001-1-1',
    '2001-12-14 21:59:43.10 -5', '2001-12-14t21:59:43.10-05:00', '2024-05-01T12:00:00Z', '2024-05-01T12:00:00+00:00', '<<',
    '<', '=', '==', '!', '!!str', '&', '&a', '*', '*a', '!a', '1.29.7', '24.04.1', '1.2.3.4', '10.0.0.0/8', '12,5',
    # Indicators.
    '?', '? a', '?a', ':', ': a', ':a', 'a:', 'a: b', 'a:b', 'a :b', 'a ::b', '::', '#', '#a', 'a#b', 'a #b', 'a# b', ',', ',a',
    'a,b', '[', '[a]', 'a[b]', ']', '{', '{a}', 'a{b}', '}', '|', '|a', '>', '> a', 'a>b', '%', '%a', '@', '@a', '`', '`a`', '"',
    "'", "it's", 'say "hi"', "'quoted'", '"quoted"', "it's \"both\"", "a'b'c", '\\', 'a\\b', '\\n', 'a/b', '/subscriptions/x',
    # Spaces, line breaks, and invisible characters.
    ' ', '  ', ' a', 'a ', ' a ', 'a  b', '\t', '\ta', 'a\tb', 'a\t', '\n', '\n\n', 'a\n', '\na', 'a\nb', 'a\n\nb', 'a\nb\n', 'a\n b',
    'a \nb', ' \n', '\n ', 'a\r\nb', 'a\rb', '\r', 'a\n\n\n', "it's\ntwo", 'a\n#b', 'a: b\nc: d', '\0', 'a\0b', '\x01', ' \x01 ', '\x07\x08\x0b\x0c',
    '\x1b', '\x1b[31mred\x1b[0m', '\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\', '\x1f', '\x1c', 'a\x1cb', 'a\x0bb', '\x7f', '\x80', '\x85', 'a\x85b', 'a\x85', '\xa0', '\xa0a\xa0', 'a\xa0b',
    '\xad', '\u2028', 'a\u2028b', 'a\u2029b', '\u2003a\u2003', '\u200b', '\ufeff', '\ufeffa', 'a\ufeffb', '\ufffd', '\uffff', '\ue000',
    # Other scripts.
    'é', 'ß', 'ñandú', 'Ångström', '日本語', '日本 語', '한국', 'Ελλάδα', 'Русский', 'עברית', 'हिन्दी', '😀', '👩‍👩‍👧', 'a😀b', '\U0001f600\n', '\U000e0001',
    '\U0010ffff', '\U0010fffe', 'ﬁ', 'ŉ', 'ǆ', 'e\u0301',
    # Long strings.
    LOREM, LOREM + '\n' + LOREM, LOREM + ': x', "it's " + LOREM, LOREM + '\t' + LOREM, ' ' + LOREM, LOREM.replace(' ', '  '), LOREM.replace(' ', '\xa0'),
    LOREM.replace(',', '\t,'), 'x' * 79, 'x' * 80, 'x' * 81, 'x' * 200, 'x' * 79 + ' y', 'x' * 80 + ' y', 'x' * 81 + ' y', 'x' * 100 + ' ' + 'y' * 100,
    'x' * 90 + '  y', ('é' * 30 + ' ') * 5 + 'é', ('日本語' * 10 + ' ') * 4 + 'end', '\t' + 'x' * 100, '\t' + 'x ' * 60, '"\\' * 60, 'a"b ' * 40, '\t \t' * 30,
    "a' " * 40, '\U0001f600 \t' * 12, '- ' + 'x ' * 50, 'x ' * 39 + '#y ' + 'x ' * 9, 'x ' * 60 + '\n' + ' x' * 60, 'word ' * 15 + 'end\nnext ' + 'word ' * 20 + 'end',
]

NUMBERS = [
    0, 1, -1, 42, 2**31, -2**63, 2**63 - 1, 0.0, -0.0, 1.0, -1.5, 0.1, 1 / 3, 1e15, 1e16, 1.5e16, 123456789012345678.0, 1e22, 1e-4, 1e-5, 1.5e-5,
    1e100, 5e-324, 1.7976931348623157e308, 9007199254740993.0, 2.5, 100.0, 1e-7, math.nan, math.inf, -math.inf,
]

SKU = {
    'resourceType': 'virtualMachines', 'name': 'Standard_D2s_v5', 'tier': 'Standard', 'size': 'D2s_v5', 'family': 'standardDSv5Family',
    'locations': ['eastus'], 'capacity': None, 'restrictions': [],
    'locationInfo': [{'location': 'eastus', 'zones': ['3', '1', '2'], 'zoneDetails': [{'name': ['3'], 'capabilities': []}]}],
    'capabilities': [{'name': 'MaxResourceVolumeMB', 'value': '0'}, {'name': 'vCPUs', 'value': '2'}],
}

POOL = {
    'name': 'np1', 'id': '/subscriptions/s/resourceGroups/g/x', 'type': 'VirtualMachines', 'etag': 'W/"1"', 'count': 3, 'enableFips': False,
    'maxPods': 110, 'nodeLabels': {'b': 'x', 'a': ''}, 'nodeTaints': None, 'powerState': {'code': 'Running'}, 'tags': {}, 'scale': 1.5,
}

STRUCTURES = [
    None, True, False, [], {}, [[]], [{}], [None], [[], []], [{}, {}], [[[]]], {'a': []}, {'a': {}}, {'a': None}, [True, False, None], [1, 'a', None, 2.5],
    [[1, 2], [3, 4]], [[1], [2, 3], []], [[1, [2, 'x']], [{'a': 1}, None]], [[[1, 2], [3]], [[4]]], {'b': 1, 'a': 2}, {'B': 1, 'a': 2, 'b': 3, 'A': 4},
    {'é': 1, 'z': 2, '日': 3, '😀': 4, '\uffff': 5}, {'': 1}, {'a': {'b': {'c': {'d': [1, [2, [3]]]}}}}, [{'a': [{'b': [{'c': 1}]}]}], [[{'a': 1, 'b': 2}], [{'a': 3}]],
    {'a': [[1, 2], [3]], 'b': [{'c': 1, 'd': [4]}, {}]}, [{'a': 1, 'b': 'x'}, {'b': 'y', 'c': None}, {'a': None, 'd': True}], [{'a': 1}, 'x', [1, 2], None, 3, {}],
    ['a', 'b'], ['a', None, ''], [''], ['', ''], ['a', {'Result': 'b'}], [[1], {'Column1': 2}], {'id': 1, 'type': 2, 'etag': 3}, {'id': 1, 'name': 'x'}, {'Id': 1, 'ID': 2, 'iD': 3},
    {'name': 1, 'Name': 2}, {'Name': 2, 'name': 1}, [{'name': 1}, {'Name': 2, 'name': 3}], {'ß': 1, 'ŉa': 2, 'ǆ': 3, 'ﬁ': 4}, [{'x': 'a\nb', 'y': 'c'}, {'x': '', 'y': ''}, {'x': 'd', 'y': 'e\r\nf\n\ng'}],
    [{'x': 'a\nb\x1b[1mc\x1b[0m', 'y': 'c'}, {'x': 'a\r\nb\x0bc', 'y': '\x1b[31mx\x1b[0m'}], [{'x': '\x1b[31mred\x1b[0m', 'y': 'plain'}, {'x': 'longer than red', 'y': '\x1b[1m'}],
    [{'x\ny': 'a', 'z': 'b'}], [{'x\x1b[1my': 'a', 'z': 'b'}], [{' pad ': ' a ', 'b': '\u3000b\u3000'}], [{'a': '\x01', 'b': 'x'}, {'a': 'y', 'b': 'z'}], [{'a': 'x', 'b': ' \x01'}, {'a': 'y', 'c': 'z'}], [{'a': '\x01'}],
    [{'a': 'x\x0by'}, {'a': 'z'}], [{'a': 'x\x0by\nw'}, {'a': 'z'}], [{'名前': '日本語', 'b': '한국어'}, {'名前': 'x', 'b': 'y'}], [['it\'s', ['it\'s "x"', '\n\t\\', '\xad\u200b\U000e0001é😀']]],
    SKU, [SKU], [SKU, SKU], {'value': [SKU]}, POOL, [POOL, POOL], {'k' * 121: 1}, {'k' * 122: 1}, {'k' * 123: 1}, {'k' * 123: [1, {'a': 2}], 'b': 1}, {'k' * 130: {'a': 1}}, {'k ' * 70 + 'k': 'v'}, {'k: ' * 40: ['v']},
    {'k' * 130: []}, {'k' * 130: 'x' * 100}, {'a\nb': 1}, {'a\nb': [1]}, {' ': {' ': ' '}}, {'1': 1, 'yes': 'no', 'null': None, '~': '~', 'a: b': 'c: d', '- a': '- b', "it's": "it's", '"': '"', '#': '#', 'a#b': 'a#b', 'a,b': 'a,b', '\t': '\t'},
    {'a': 'x' * 85, 'b': 'x ' * 45 + 'x', 'c': ['x ' * 45 + 'x', {'d': 'x ' * 45 + 'x'}], 'e': "' " * 45 + 'x', 'f': '\t ' * 45 + 'x'}, {'a': LOREM, 'b': {'c': LOREM, 'd': [LOREM, [LOREM]]}},
    selection(b=1, a=2), [selection(b=1, a='x'), selection(b=None, a='y')], [selection(z=[1, 2], a={'x': 1}, m=selection(q=1))], [[selection(b=1, a=2), 1]], selection(name='x', id='y', type='z'),
    [selection(z=True), {'b': True, 'a': False}], {'a': selection(z=1, b=2)}, [[1.0, 1e16, math.nan]], {'x': math.inf, 'y': -math.inf, 'z': 1e-7},
    [OrderedDict([('Name', 'x'), ('name', 'y')])], [[OrderedDict()]], [selection(a=None)], [selection(a=None), selection(a=1)],
]

# A query can put the same object in two places, which YAML shows by an alias.
SHARED = {
    'a': [1, {'x': 'y'}], 'b': {'c': [], 'd': {}}, 'e': 'text', 'f': [[1], [1]],
    'g': [{'n': 'one', 'l': [{'v': 1}]}, {'n': 'two', 'l': [{'v': 1}]}],
}
QUERIES = [
    '@', 'a', '[a, a]', '[b, b, a, a]', '[a, [a, b], b.c, b.c]', '{x: a, y: a}', '[{x: a}, a, a]', '[b.c, b.c]', '[b.d, b.d, b]', '[e, e]', 'f', '[f[0], f[1]]', '[f[0], f[0]]',
    'g[].[n, `{"k": 1}`]', 'g[].[n, `[]`]', 'g[].[l, l]', 'g[].l', 'g[].l[]', '[g[0], g[]]', '[g, g[:]]', '[@, @]', '[@, a]', '[[@], [@]]', '[to_array(a), a]', '[not_null(a), a]',
    '[values(b), b]', '[a[1], a]', '[a, a[1]]', 'map(&l, g)', '[map(&l, g), g[0].l]', '[reverse(g), g]', '[merge(b, `{}`), b, b]', '[max_by(g, &n), g]', 'g[?n==`one`] | [@, @]', '[missing, missing]', 'missing', '`"x"`', '`null`',
    "''", '`false`', '`{"b": 1, "a": 2}`', '[`{"b": 1, "a": 2}`]', 'length(a)', 'keys(@)', '[].x', 'a[]', 'g[].{N: n, L: l}', 'g[].{L: length(l), N: n}', 'g[*].[n]', 'g[0]', 'g[].n', 'b.*', 'b', '[a,b]',
]


def main():
    """Writes the file."""
    documents = [[text] for text in STRINGS] + [{text: text} for text in STRINGS] + STRINGS + NUMBERS + [NUMBERS] + STRUCTURES
    documents += [{'a': [text, {'b': text}]} for text in STRINGS if len(text) > 70]
    cases = [{'document': encode(document), 'stdout': outputs(tree(document))} for document in documents]
    for query in QUERIES:
        result = jmespath.compile(query).search(SHARED, jmespath.Options(OrderedDict))
        recorded = outputs(result)
        del recorded['table']
        cases.append({'document': SHARED, 'query': query, 'stdout': recorded})
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'goldens', 'formats.json')
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, 'w', encoding='utf-8') as file:
        # One case a line, in ASCII, because the documents are full of characters that editors change.
        file.write('[\n' + ',\n'.join(json.dumps(case) for case in cases) + '\n]\n')
    print(f'{len(cases)} documents, {sum(len(case["stdout"]) for case in cases)} outputs: {path}')


if __name__ == '__main__':
    main()
