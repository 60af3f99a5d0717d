#!/usr/bin/env python3
"""Compares kmslint with real Terraform on random configurations and random expressions.

    differential.py [--oracle DIRECTORY] [--kmslint PROGRAM] [--seed N] [--configurations N] [--expressions N] [--keep DIRECTORY] [--show N]

The oracle's directory may also come from KMSLINT_ORACLE; without it nothing is compared and the reason is printed. The same seed makes the
same configurations. kmslint may report "unknown" where Terraform knows the value (counted as avoidable, with the reason); it may never report
another value, a value that Terraform does not know, or other instances. The plan of each configuration is also checked, once next to the
sources (without the values files that it was made with) and once alone. --keep writes each configuration that differs. The exit code is 1 if
anything differs.
"""
import argparse, collections, json, os, re, shutil, subprocess, sys, tempfile
from decimal import Decimal

HERE = os.path.dirname(os.path.abspath(__file__))
FACTS = ['protection_mode', 'is_auto_rotation_enabled', 'rotation_interval_in_days', 'time_of_schedule_start', 'display_name']


def arguments():
    p = argparse.ArgumentParser()
    p.add_argument('--oracle', default=os.environ.get('KMSLINT_ORACLE'))
    p.add_argument('--kmslint', default=os.path.join(HERE, '..', 'target', 'debug', 'kmslint'))
    p.add_argument('--seed', type=int, default=1)
    p.add_argument('--configurations', type=int, default=50)
    p.add_argument('--scenarios', type=int, default=6, help='scenarios in one configuration')
    p.add_argument('--expressions', type=int, default=2000)
    p.add_argument('--keep', help='directory for configurations that differ')
    p.add_argument('--show', type=int, default=10, help='how many of each kind are shown')
    return p.parse_args()


class Tally:
    """counts of results by kind"""
    FINE = ('same', 'avoidable unknown', 'refused by both', 'unknown to us, refused by Terraform', 'hidden')

    def __init__(self, show): self.kinds, self.show, self.whys = collections.Counter(), show, collections.Counter()

    def note(self, kind, text='', why=None):
        self.kinds[kind] += 1
        if why: self.whys[re.sub(r'`[^`]*`', '`…`', why)] += 1
        if kind != 'same' and kind not in ('refused by both', 'hidden') and self.kinds[kind] <= self.show: print('%s: %s' % (kind, text))

    def bad(self): return sum(n for k, n in self.kinds.items() if k not in self.FINE)

    def print(self, title):
        print('%s: %s' % (title, ', '.join('%d %s' % (n, k) for k, n in self.kinds.most_common()) or 'nothing'))
        for why, n in self.whys.most_common(12): print('    %5d avoidable: %s' % (n, why))


# configurations

def write(directory, files):
    for name, text in files.items():
        path = os.path.join(directory, name); os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, 'w', encoding='utf-8', newline='') as f: f.write(text)


def terraform(configuration, directory, without):
    """Terraform's facts; scenarios that it refuses are added to `without` and left out"""
    import parity
    for _ in range(6):
        shutil.rmtree(directory, ignore_errors=True); os.makedirs(directory)
        write(directory, configuration.files(without))
        try: return parity, parity.plan(directory, configuration.arguments(without), trace=True, defer=True, sources=configuration.sources())
        except parity.Refused as refused:
            found = {int(n) for n in re.findall(r'(?:^|[\s/"`.])(?:[a-z]|vault|check)(\d+)(?:_\d+)?(?:\.tf|_m|_override|/|\b)', ' '.join('%s %s' % (d.get('range', ''), '' if d.get('range') else d['summary'] + ' ' + d.get('detail', '')) for d in refused.errors))}
            for e in refused.errors: REASONS[e['summary']] += 1
            if not found - without:
                print('seed %d: cannot determine which scenario is refused: %s' % (configuration.seed, refused.errors[:2])); return parity, None
            without |= found
            if len(without) >= len(configuration.parts): return parity, None
    return parity, None


def with_direct_vaults(files):
    """the files with each data source of a vault replaced by the vault it reads; None if there is no such data source"""
    # Names are unique; a module call in JSON is in a different file than the data source.
    read = [x for text in files.values() for x in re.findall(r'data "oci_kms_vault" "(\w+)" \{\s+vault_id = (oci_kms_vault\.\w+)\.id', text)]
    out = {}
    for name, text in files.items():
        for d, v in read: text = text.replace('data.oci_kms_vault.%s.' % d, v + '.')
        out[name] = text
    return None if out == files else out


REASONS = collections.Counter()


def kmslint_inputs(configuration, without=()):
    """the values of the configuration as kmslint's arguments and environment"""
    a = configuration.arguments(without); args = []
    for n, v in a['vars'].items(): args += ['--var', '%s=%s' % (n, v)]
    for f in a['var_files']: args += ['--var-file', f]
    return args + ['.'], a['env']


def run_kmslint(program, directory, args, env={}):
    r = subprocess.run([program, 'check', '--no-config', '--chdir', directory, '--format', 'json', *args], capture_output=True, text=True, timeout=120, env={**os.environ, **env})
    if r.returncode not in (0, 1, 2) or not r.stdout.startswith('{'): raise RuntimeError('kmslint ended with %d: %s' % (r.returncode, r.stderr[-500:]))
    return json.loads(r.stdout)


def compare(tally, where, theirs, report):
    """compares facts by address"""
    mine = {k['address']: k for k in report['keys'] if '["*"]' not in k['address'] or k['address'] in theirs}
    symbolic = [k['address'] for k in report['keys'] if k['address'] not in mine]
    bare = lambda a: re.sub(r'\[(?:"(?:[^"\\]|\\.)*"|\d+)\]', '', a)
    symbolic_blocks = {a.replace('["*"]', '') for a in symbolic}
    good = True
    for a in sorted(set(theirs) | set(mine)):
        if a not in mine:
            if bare(a) in symbolic_blocks: tally.note('avoidable unknown', '%s %s is only symbolic' % (where, a), 'symbolic instance'); continue
            tally.note('missing instance', '%s %s' % (where, a)); good = False; continue
        if a not in theirs: tally.note('extra instance', '%s %s' % (where, a)); good = False; continue
        for n in FACTS + ['vault_type']:
            t, m = theirs[a][n], mine[a][n]
            text = '%s %s.%s: Terraform %s, kmslint %s' % (where, a, n, json.dumps(t, ensure_ascii=False), json.dumps(m, ensure_ascii=False))
            if m['claim'] == 'unknown':
                if t['claim'] == 'unknown': tally.note('same')
                else: tally.note('avoidable unknown', text, m.get('why'))
            elif t['claim'] == 'unset' and m.get('value') == '': tally.note('same')
            elif t['claim'] != m['claim']: tally.note('known against unknown' if t['claim'] == 'unknown' else 'other value', text); good = False
            elif t['claim'] == 'unset' or (m.get('sensitive') and t.get('sensitive')): tally.note('same')
            elif n == 'vault_type' and m.get('sensitive'): tally.note('hidden', text)
            elif bool(m.get('sensitive')) != bool(t.get('sensitive')): tally.note('other sensitivity', text); good = False
            elif 'value' not in m: tally.note('hidden', text)
            elif same(n, t['value'], m['value']): tally.note('same')
            else: tally.note('other value', text); good = False
    return good


def compare_plan(a, tally, alone, where, theirs, result, directory, work):
    """compares the facts from the plan next to its sources (without values files and variables of the environment), and from the plan alone"""
    sources, plan = os.path.join(work, 'sources'), os.path.join(work, 'plan')
    for to in (sources, plan): shutil.rmtree(to, ignore_errors=True)
    shutil.copytree(directory, sources); os.makedirs(plan)
    for path, _, names in os.walk(sources):
        for n in names:
            if n.endswith(('.tfvars', '.tfvars.json')): os.remove(os.path.join(path, n))
    good = True
    # existing resources keep the values of omitted attributes, so the facts of imported keys come from the plan and not from the configuration
    existing = {rc['address'] for rc in result['plan']['resource_changes'] if rc['change'].get('importing')}
    theirs = {k: v for k, v in theirs.items() if k not in existing}
    for to, t in ((sources, tally), (plan, alone)):
        with open(os.path.join(to, 'plan.json'), 'w', encoding='utf-8') as f: json.dump(result['plan'], f, ensure_ascii=False)
        report = run_kmslint(a.kmslint, to, ('plan.json',))
        report['keys'] = [k for k in report['keys'] if k['address'] not in existing]
        good &= compare(t, where, theirs, report)
        for p in report['problems']: t.note('problem', '%s: %s' % (where, json.dumps(p)[:300])); good = False
    return good


def same(name, theirs, mine):
    if name == 'protection_mode': return str(theirs).upper() == str(mine).upper()
    if name == 'time_of_schedule_start': return moment(theirs) == moment(mine)
    return theirs == mine and isinstance(theirs, bool) == isinstance(mine, bool)


def moment(text):
    import datetime
    return datetime.datetime.fromisoformat(re.sub(r'\.(\d+)', lambda m: '.' + (m.group(1) + '000000')[:6], text.replace('Z', '+00:00')))


def configurations(a):
    from random_configuration import Configuration
    tally, made, refused, keys, given_up = Tally(a.show), 0, 0, 0, 0
    with_sources, alone = Tally(a.show), Tally(a.show)
    work = tempfile.mkdtemp(prefix='kmslint-differential-'); directory = os.path.join(work, 'root')
    try:
        for seed in range(a.seed, a.seed + a.configurations):
            configuration = Configuration(seed, a.scenarios); without = set()
            parity, result = terraform(configuration, directory, without)
            refused += len(without)
            if result is None: given_up += 1; continue
            made += a.scenarios - len(without)
            theirs = parity.facts(result)
            # Terraform reads a data source of a vault that is created here only during apply. The linter may follow it, so the expected
            # endpoint comes from a second plan without the data source.
            ends = parity.endpoints(result)
            direct = with_direct_vaults(configuration.files(without))
            if direct:
                second = os.path.join(work, 'second'); shutil.rmtree(second, ignore_errors=True); write(second, direct)
                read = parity.endpoints(parity.plan(second, configuration.arguments(without), trace=True, sources=configuration.sources()))
                ends = {a: read.get(a) if e == '(unknown)' else e for a, e in ends.items()}
            for address, endpoint in ends.items():
                m = re.search(r'traced-([A-Za-z_]+)-\d', str(endpoint))
                if address in theirs: theirs[address]['vault_type'] = {'claim': 'known', 'value': m.group(1)} if m else {'claim': 'unknown'}
            keys += len(theirs)
            report = run_kmslint(a.kmslint, directory, *kmslint_inputs(configuration, without))
            good = compare(tally, 'seed %d' % seed, theirs, report)
            good &= compare_plan(a, with_sources, alone, 'seed %d, plan' % seed, theirs, result, directory, work)
            for p in report['problems']: tally.note('problem', 'seed %d: %s' % (seed, json.dumps(p)[:300])); good = False
            if a.keep and not good:
                to = os.path.join(a.keep, 'seed%d' % seed); shutil.rmtree(to, ignore_errors=True); shutil.copytree(directory, to)
            # kmslint must also check configurations that Terraform refuses
            if without:
                shutil.rmtree(directory); os.makedirs(directory); write(directory, configuration.files()); run_kmslint(a.kmslint, directory, *kmslint_inputs(configuration))
    except KeyboardInterrupt: print('stopped at seed %d' % seed)
    finally: shutil.rmtree(work, ignore_errors=True)
    tally.print('%d configurations with %d scenarios and %d keys (%d scenarios refused by Terraform, %d configurations given up)' % (seed + 1 - a.seed, made, keys, refused, given_up))
    with_sources.print('their plans next to the sources, without the values files'); alone.print('their plans alone')
    for why, n in REASONS.most_common(8): print('    %5d refused: %s' % (n, why))
    return tally.bad() + with_sources.bad() + alone.bad()


# expressions

def expressions(a):
    from random_expressions import Expressions
    tally, exprs = Tally(a.show), Expressions(a.seed).some(a.expressions)
    work = tempfile.mkdtemp(prefix='kmslint-differential-')
    try:
        write(work, {'e.jsonl': ''.join(json.dumps({'expr': e}) + '\n' for e in exprs), 'root/main.tf': 'resource "terraform_data" "unk" {}\n'})
        subprocess.run([os.path.join(a.oracle, 'eval'), '-f', os.path.join(work, 'e.jsonl'), '-o', os.path.join(work, 'o.jsonl')], check=True)
        with open(os.path.join(work, 'o.jsonl'), encoding='utf-8') as f: theirs = [loads(l) for l in f]
        r = subprocess.run([a.kmslint, 'eval', '--dialect', 'terraform', '--chdir', os.path.join(work, 'root'), '-'], input='\n'.join(exprs) + '\n', capture_output=True, text=True, timeout=300)
        mine = [loads(l) for l in r.stdout.splitlines()]
        if len(theirs) != len(exprs) or len(mine) != len(exprs): raise RuntimeError('%d expressions, %d answers of Terraform, %d of kmslint' % (len(exprs), len(theirs), len(mine)))
        for e, t, m in zip(exprs, theirs, mine):
            kind = classify(t, m)
            show = {k: t[k] for k in ('value', 'unknown', 'sensitive', 'error') if k in t}
            tally.note(kind, '%s\n    Terraform %s\n    kmslint   %s' % (e, json.dumps(show, default=str, ensure_ascii=False)[:300], json.dumps(m, default=str, ensure_ascii=False)[:300]), m.get('unknown') if kind.startswith('avoidable') else None)
    finally: shutil.rmtree(work, ignore_errors=True)
    tally.print('%d expressions' % len(exprs))
    return tally.bad()


def loads(text): return json.loads(text, parse_float=Decimal, parse_int=Decimal)


def classify(t, m):
    if not t['ok']: return 'refused by both' if 'error' in m else 'unknown to us, refused by Terraform' if 'unknown' in m else 'value where Terraform refuses'
    if 'error' in m: return 'refused where Terraform has a value'
    if t.get('unknown'): return 'same' if 'unknown' in m else 'known against unknown'
    if 'unknown' in m: return 'avoidable unknown'
    if bool(t.get('sensitive')) != bool(m.get('sensitive')): return 'other sensitivity'
    if 'value' not in m: return 'same'
    return 'same' if t['value'] == m['value'] and json.dumps(t['value'], default=str) == json.dumps(m['value'], default=str) else 'other value'


def main():
    a = arguments()
    if not a.oracle or not os.path.exists(os.path.join(a.oracle, 'plan.py')): print('differential.py: skipped, there is no oracle (pass --oracle DIRECTORY or set KMSLINT_ORACLE)'); return 0
    if not os.path.exists(a.kmslint): print('differential.py: skipped, there is no program `%s`' % a.kmslint); return 0
    a.oracle, a.kmslint = os.path.abspath(a.oracle), os.path.abspath(a.kmslint)
    sys.path.insert(0, os.path.join(HERE, 'oracle')); sys.dont_write_bytecode = True
    import parity
    parity.enter(a.oracle, __file__)
    bad = (expressions(a) if a.expressions else 0) + (configurations(a) if a.configurations else 0)
    return bad > 0


if __name__ == '__main__': sys.exit(main())
