#!/usr/bin/env python3
"""Regenerates the expected results in testdata/functions/*.jsonl with real Terraform.

    functions.py [--check] [ORACLE]      ORACLE is the oracle's directory, or set KMSLINT_ORACLE

It evaluates the `expr` of every line with the oracle's `eval`, and rewrites the line. With --check nothing is written: lines
that would change are printed, and the exit code is 1. To add a case, append {"expr": "..."} to a file and run this.
"""
import glob, json, os, re, subprocess, sys, tempfile

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..', 'testdata', 'functions')
MADE_BY = 'tests/oracle/functions.py'
NO_VALUE = 'Failed to write plan file'          # an infinite number: Terraform computes it but cannot print it


class Number(str):
    """A number with the digits that Terraform prints."""


def loads(text):
    return json.loads(text, parse_float=Number, parse_int=Number)


def dumps(v):
    if isinstance(v, Number):
        return str(v)
    if isinstance(v, dict):
        return '{' + ', '.join(dumps(k) + ': ' + dumps(x) for k, x in v.items()) + '}'
    if isinstance(v, list):
        return '[' + ', '.join(map(dumps, v)) + ']'
    return json.dumps(v, ensure_ascii=False)


def evaluate(oracle, exprs):
    with tempfile.TemporaryDirectory() as d:
        i, o = os.path.join(d, 'in.jsonl'), os.path.join(d, 'out.jsonl')
        with open(i, 'w', encoding='utf-8') as f:
            f.writelines(json.dumps({'expr': e}) + '\n' for e in exprs)
        subprocess.run([os.path.join(oracle, 'eval'), '-f', i, '-o', o, '--dir', os.path.join(ROOT, 'files')], check=True)
        with open(o, encoding='utf-8') as f:
            return [loads(line) for line in f]


def line(expr, r, unknown_type):
    if not r['ok']:
        first = r['error'].strip().split('\n')[0]
        return {'expr': expr, 'error': re.sub(r'zz_expr_\d+\.tf', 'expr.tf', first)}
    out = {'expr': expr}
    if r.get('unknown') is not True:
        out['value'] = r['value']
    if r.get('unknown'):
        out['unknown'] = r['unknown']
    out['type'] = r.get('type', unknown_type)
    if r.get('sensitive'):
        out['sensitive'] = True
    return out


def main(argv):
    check = '--check' in argv
    rest = [a for a in argv if a != '--check']
    oracle = rest[0] if rest else os.environ.get('KMSLINT_ORACLE')
    if not oracle:
        sys.exit(__doc__)
    version = json.loads(subprocess.run([os.path.join(oracle, 'terraform'), 'version', '-json'],
                                        check=True, stdout=subprocess.PIPE).stdout)['terraform_version']
    files = {}
    for path in sorted(glob.glob(os.path.join(ROOT, '*.jsonl'))):
        with open(path, encoding='utf-8') as f:
            files[path] = [x for x in map(loads, f) if 'expr' in x]
    exprs = [x['expr'] for old in files.values() for x in old]
    results = evaluate(oracle, exprs)

    # Plan JSON has no type for a value with unknown parts, but a null in the other branch of a conditional gets that type.
    untyped = [e for e, r in zip(exprs, results) if r['ok'] and 'type' not in r]
    types = {e: r.get('type') for e, r in zip(untyped, evaluate(oracle, ['true ? null : (\n%s\n)' % e for e in untyped]))}

    answers, changed = iter(zip(exprs, results)), 0
    for path, old in files.items():
        new = [line(e, r, types.get(e)) for e, r in (next(answers) for _ in old)]
        new = [x for x in new if not x.get('error', '').startswith(NO_VALUE)]
        if not check:
            with open(path, 'w', encoding='utf-8') as f:
                f.writelines(dumps(x) + '\n' for x in [{'terraform': version, 'made_by': MADE_BY}] + new)
            continue
        for a, b in zip(map(dumps, old), map(dumps, new)):
            if a != b:
                changed += 1
                print('%s\n- %s\n+ %s' % (os.path.basename(path), a, b))
    return 1 if changed else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
