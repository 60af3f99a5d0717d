#!/usr/bin/env python3
"""Compares resources and data sources of random types, with arguments of unusual types, with the values that real Terraform plans for them.

    random_resources.py [--oracle DIRECTORY] [--kmslint FILE] [--seeds FROM..TO] [--types N]

Each seed makes one configuration of N resource types and half as many data sources, with required and some optional arguments and
blocks, as literals of another primitive type that converts, or as values known after apply. Each attribute of each resource is
evaluated by `kmslint eval`: values that Terraform does not know must be unknown, and values that it knows must be the same or, counted
separately, unknown. Known values of a data source must be those that were read. Seeds whose configuration the oracle refuses are skipped and
counted. The oracle's directory may also come from KMSLINT_ORACLE.
"""
import argparse, gzip, json, os, random, shutil, subprocess, sys, tempfile

TEXTS = ['"x"', '5', 'true', '"5"', '""', 'null', '"${terraform_data.unk.id}"', '1.50', '"true"']
NUMBERS = ['5', '"7"', 'null', 'terraform_data.n.input']
BOOLS = ['true', '"true"', 'false', '"false"', 'null']
MAPS = ['{}', '{ a = 1 }', '{ a = "x", b = true }', '{ a = terraform_data.unk.id, b = 1 }', 'null']
ELEMENTS = {'String': ['"a"', '5', 'true'], 'Int': ['1', '"2"'], 'Float': ['1', '"2"'], 'Bool': ['true', '"false"']}


def is_block(f): return f['type'] != 'Map' and 'block' in f and (f.get('opt') or not f.get('comp'))


def literal(r, f):
    t = f['type']
    if t == 'String': return r.choice(TEXTS)
    if t in ('Int', 'Float'): return r.choice(NUMBERS)
    if t == 'Bool': return r.choice(BOOLS)
    inner = f.get('elem', {'type': 'String'})['type']
    if t == 'Map': return r.choice(MAPS) if inner == 'String' else 'null'
    one = lambda: r.choice(ELEMENTS.get(inner, ['"a"']))
    return r.choice(['[]', '[%s]' % one(), '[%s, %s]' % (one(), one()), 'null'])


def body(r, schema, depth=0, indent='  '):
    out = []
    for name, f in sorted(schema.items()):
        if any(k in f for k in ('validate', 'conflicts', 'reqwith')) and not f.get('req'): continue
        if is_block(f):
            count = 1 if f.get('req') else r.choice([1, 1, 2]) if depth < 3 and r.random() < 0.3 else 0
            if f['type'] == 'Set': count = min(count, 1)
            for _ in range(min(count, f.get('max') or count)):
                out.append('%s%s {\n%s%s}\n' % (indent, name, body(r, f['block'], depth + 1, indent + '  '), indent))
        elif 'block' not in f and (f.get('req') or (f.get('opt') and r.random() < 0.4)):
            value = literal(r, f)
            while f.get('req') and value == 'null': value = literal(r, f)
            if f.get('validate') and f['validate'][0] == 'StringInSlice': value = json.dumps(f['validate'][1][0])
            out.append('%s%s = %s\n' % (indent, name, value))
    return ''.join(out)


def configuration(schema, seed, count):
    r = random.Random(seed)
    text = 'resource "terraform_data" "unk" {}\nresource "terraform_data" "n" {\n  input = 3\n}\n'
    for mode, key, n in (('resource', 'resource', count), ('data', 'data', count // 2)):
        for kind in r.sample(sorted(schema[key]), n): text += '%s "%s" "r" {\n%s}\n' % (mode, kind, body(r, schema[key][kind]['schema']))
    return text


def has_true(v): return v is True or isinstance(v, (list, dict)) and any(has_true(x) for x in (v.values() if isinstance(v, dict) else v))


def normalize(v):
    """the value with sorted lists, because sets have no order"""
    if isinstance(v, list): return sorted((normalize(x) for x in v), key=lambda x: json.dumps(x, sort_keys=True))
    return {k: normalize(x) for k, x in v.items()} if isinstance(v, dict) else v


def evaluate(kmslint, directory, exprs):
    out = []
    for at in range(0, len(exprs), 400):
        run = subprocess.run([kmslint, 'eval', '--chdir', directory, '--'] + exprs[at:at + 400], capture_output=True, text=True)
        out += [json.loads(line) for line in run.stdout.splitlines()]
    assert len(out) == len(exprs), run.stderr
    return out


def compare(kmslint, directory, plan, total):
    rows = []
    for change in (c for c in plan['resource_changes'] if c['mode'] == 'managed' and c['type'] != 'terraform_data'):
        after, unknown = change['change']['after'], change['change']['after_unknown']
        rows += [('%s.r.%s' % (change['type'], k), after.get(k), has_true(unknown.get(k)), False) for k in set(after) | set(unknown)]
    for read in plan.get('prior_state', {}).get('values', {}).get('root_module', {}).get('resources', []):
        if read['mode'] == 'data': rows += [('data.%s.r.%s' % (read['type'], k), v, False, True) for k, v in read['values'].items()]
    for (expr, value, unknown, is_read), answer in zip(rows, evaluate(kmslint, directory, [row[0] for row in rows])):
        if 'unknown' in answer: kind = 'same' if unknown else 'read' if is_read else 'avoidable unknown'
        elif 'error' in answer: kind = 'error'
        elif unknown: kind = 'wrong known'
        elif answer.get('sensitive'): kind = 'sensitive'
        else: kind = 'same' if normalize(answer['value']) == normalize(value) else 'wrong known'
        total[kind] = total.get(kind, 0) + 1
        if kind in ('avoidable unknown', 'error', 'wrong known'): print('%s: %s is %s, Terraform: %s' % (kind, expr, answer, 'unknown' if unknown else json.dumps(value)))


def main():
    p = argparse.ArgumentParser()
    p.add_argument('--oracle', default=os.environ.get('KMSLINT_ORACLE'))
    p.add_argument('--kmslint', default=os.path.join(os.path.dirname(os.path.abspath(__file__)), '../../target/debug/kmslint'))
    p.add_argument('--seeds', default='1..10')
    p.add_argument('--types', type=int, default=60)
    a = p.parse_args()
    if not a.oracle: p.error('--oracle DIRECTORY or KMSLINT_ORACLE is needed')
    with gzip.open(os.path.join(a.oracle, 'oci_schema.json.gz'), 'rt') as f: schema = json.load(f)
    first, last = map(int, a.seeds.split('..'))
    total, skipped = {}, 0
    for seed in range(first, last + 1):
        d = tempfile.mkdtemp()
        with open(os.path.join(d, 'main.tf'), 'w') as f: f.write(configuration(schema, seed, a.types))
        run = subprocess.run([os.path.join(a.oracle, 'plan'), d, '--json', '-o', d + '/plan.json', '--timeout', '300'], capture_output=True, text=True)
        if json.loads(run.stdout or '{}').get('ok'):
            with open(d + '/plan.json') as f: compare(a.kmslint, d, json.load(f), total)
        else: skipped += 1
        shutil.rmtree(d)
    print('%d attributes of %d configurations, %d skipped: %s' % (sum(total.values()), last - first + 1 - skipped, skipped, total))
    sys.exit(1 if total.get('wrong known') or total.get('error') or not total else 0)


main()
