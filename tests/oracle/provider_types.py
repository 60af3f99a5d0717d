#!/usr/bin/env python3
"""Generates testdata/types/expected.jsonl: the values that real Terraform plans for each line of expressions.txt with main.tf.

    provider_types.py [--oracle DIRECTORY]        the oracle's directory may also come from KMSLINT_ORACLE

Each expression is the value of an output. A line of expected.jsonl is {"expr", "value"}, {"expr", "unknown": true} if the value or a
part of it is known after apply, or {"expr", "error"} with Terraform's message.
"""
import argparse, json, os, re, shutil, subprocess, tempfile

TYPES = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), '../../testdata/types'))


def main():
    p = argparse.ArgumentParser()
    p.add_argument('--oracle', default=os.environ.get('KMSLINT_ORACLE'))
    a = p.parse_args()
    if not a.oracle: p.error('--oracle DIRECTORY or KMSLINT_ORACLE is needed')
    with open(os.path.join(TYPES, 'expressions.txt')) as f: exprs = [line.rstrip('\n') for line in f if line.strip()]
    live, found, sensitive = set(range(len(exprs))), {}, set()
    while True:
        d = tempfile.mkdtemp(); shutil.copy(os.path.join(TYPES, 'main.tf'), d)
        for i in live:
            with open(os.path.join(d, 'e%d.tf' % i), 'w') as f:
                f.write('output "e%d" {\n  value = (\n%s\n)\n%s}\n' % (i, exprs[i], '  sensitive = true\n' if i in sensitive else ''))
        r = subprocess.run([os.path.join(a.oracle, 'plan'), d, '--json', '-o', d + '/plan.json', '--timeout', '600'], capture_output=True, text=True)
        result = json.loads(r.stdout)
        if result['ok']: break
        before = len(live), len(sensitive)
        for g in result['diagnostics']:
            m = re.match(r'e(\d+)\.tf', g.get('range') or '')
            if g['severity'] != 'error' or not m: continue
            i = int(m.group(1))
            if 'sensitive' in g['summary'] and i not in sensitive: sensitive.add(i)
            else: found[i] = {'error': g['summary']}; live.discard(i)
        assert before != (len(live), len(sensitive)), result['diagnostics']
        shutil.rmtree(d)
    with open(os.path.join(d, 'plan.json')) as f: changes = json.load(f)['output_changes']
    shutil.rmtree(d)
    for i in live:
        change = changes.get('e%d' % i)
        assert change, exprs[i]
        found[i] = {'unknown': True} if 'true' in json.dumps(change.get('after_unknown')) else {'value': change.get('after')}
        if i in sensitive: found[i]['sensitive'] = True
    with open(os.path.join(TYPES, 'expected.jsonl'), 'w') as f:
        for i, expr in enumerate(exprs): f.write(json.dumps({'expr': expr, **found[i]}) + '\n')
    print('%d expressions: %d refused, %d unknown' % (len(exprs), len(exprs) - len(live), sum('unknown' in v for v in found.values())))


main()
