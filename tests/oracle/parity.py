#!/usr/bin/env python3
"""Regenerates plan.json and the facts in expected.json of the parity cases, with real Terraform.

    parity.py [--oracle DIRECTORY] [--check] [CASE...]        the oracle's directory may also come from KMSLINT_ORACLE

A case is a directory of testdata/parity. `args`, `note`, `by_hand` and `hand` of its expected.json are kept; everything else is generated.
--check writes nothing and prints which facts differ. Cases with `"hand": true` are not changed.

How facts are found: the stand-in provider reports the configuration that Terraform passes to it, so `null` (unset) differs from unknown.
The vault's type comes from a second plan, in which the endpoint of every vault is known and contains the vault's type. Data sources are
unknown to a linter, so facts come from a plan that defers them; `plan` of a key has the facts that only the plan knows.
"""
import argparse, json, os, re, shutil, sys, tempfile

ROOT = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), '../..'))
CASES = os.path.join(ROOT, 'testdata', 'parity')


def arguments():
    p = argparse.ArgumentParser()
    p.add_argument('--oracle', default=os.environ.get('KMSLINT_ORACLE'), help='directory with plan.py and env.sh')
    p.add_argument('--check', action='store_true')
    p.add_argument('cases', nargs='*')
    a = p.parse_args()
    if not a.oracle: p.error('--oracle DIRECTORY or KMSLINT_ORACLE is needed')
    a.oracle = os.path.abspath(a.oracle)
    return a


def enter(oracle, script=__file__):
    """runs this script again with the oracle's Python if necessary, and makes its modules importable"""
    try: import grpc  # noqa: F401
    except ImportError:
        os.environ['KMSLINT_ORACLE'] = oracle
        os.execv('/bin/sh', ['sh', '-c', '. "$0"; exec "$PY" "$@"', os.path.join(oracle, 'env.sh'), os.path.abspath(script)] + sys.argv[1:])
    sys.path.insert(0, oracle); sys.dont_write_bytecode = True


def tracing(fakeprov):
    """a provider whose vaults have an endpoint and an id at plan time that contain the vault's type"""
    class Tracing(fakeprov.Provider):
        def PlanResourceChange(self, q):
            r = super().PlanResourceChange(q)
            v = fakeprov.unpack(r.planned_state)
            if q.type_name == 'oci_kms_vault' and isinstance(v, dict) and isinstance(v.get('vault_type'), str):
                Tracing.count = getattr(Tracing, 'count', 0) + 1
                mark = 'traced-%s-%d' % (v['vault_type'], Tracing.count)
                v['id'], v['management_endpoint'] = 'ocid1.vault.oc1..' + mark, 'https://%s-management.example' % mark
                r.planned_state.CopyFrom(fakeprov.pack(v))
            return r
        def ReadDataSource(self, q):
            r = super().ReadDataSource(q)
            m = re.search(r'traced-\w+-\d+', str(fakeprov.unpack(q.config).get('vault_id'))) if q.type_name == 'oci_kms_vault' else None
            if m:
                v = fakeprov.unpack(r.state); v['management_endpoint'] = 'https://%s-management.example' % m.group(0)
                r.state.CopyFrom(fakeprov.pack(v))
            return r
    return Tracing


def vendored(directory):
    """a copy in which calls of registry modules have the directory from modules.json as source, or None if there is no modules.json"""
    path = os.path.join(directory, '.terraform', 'modules', 'modules.json')
    if not os.path.exists(path): return None
    copy = os.path.join(tempfile.mkdtemp(), 'case'); shutil.copytree(directory, copy)
    os.rename(os.path.join(copy, '.terraform'), os.path.join(copy, 'vendored'))
    with open(path) as f: modules = json.load(f)['Modules']
    main = os.path.join(copy, 'main.tf')
    with open(main) as f: t = f.read()
    for m in modules:
        if m['Key'] and '.' not in m['Key']:
            t = re.sub(r'(module "%s" \{\s*)source\s*=.*\n\s*version\s*=.*' % m['Key'], lambda x: x.group(1) + 'source = "./%s"' % m['Dir'].replace('.terraform', 'vendored'), t)
    with open(main, 'w') as f: f.write(t)
    return copy


class Refused(RuntimeError):
    """Terraform refuses a configuration"""
    def __init__(self, errors):
        super().__init__('; '.join('%s %s' % (d['summary'], d.get('detail', '')) for d in errors))
        self.errors = errors


def plan(directory, args, trace=False, defer=False, sources={}):
    """Terraform's plan; `sources` maps module sources that the oracle cannot evaluate to their directories"""
    import fakeprov, plan as oracle
    copy = vendored(directory)
    if copy:
        try: return plan(copy, args, trace, defer)
        finally: shutil.rmtree(os.path.dirname(copy))
    flags = list(args.get('flags', []))
    for k, v in args.get('vars', {}).items(): flags += ['-var', '%s=%s' % (k, v if isinstance(v, str) else json.dumps(v))]
    for f in args.get('var_files', []): flags += ['-var-file', os.path.join(directory, f)]
    if defer and '--defer-data' not in flags: flags.append('--defer-data')
    keep, os.environ_before, lit = fakeprov.Provider, dict(os.environ), oracle.lit
    oracle.lit = lambda text: sources.get(re.sub(r'/\*.*?\*/|#.*', '', text).strip()) or lit(text)
    if trace: fakeprov.Provider = tracing(fakeprov)
    try:
        os.environ.update(args.get('env', {}))
        # `run` drops TF_WORKSPACE, so the workspace is selected by the file in which Terraform stores it
        if args.get('workspace'):
            copy = tempfile.mkdtemp(); work = os.path.join(copy, 'case'); shutil.copytree(directory, work)
            real, oracle.copy_tree = oracle.copy_tree, None
            def with_workspace(src, up):
                tmp, w = real(src, up); os.makedirs(os.path.join(w, '.terraform'), exist_ok=True)
                with open(os.path.join(w, '.terraform/environment'), 'w') as f: f.write(args['workspace'])
                os.makedirs(os.path.join(w, 'terraform.tfstate.d', args['workspace']), exist_ok=True)
                return tmp, w
            oracle.copy_tree = with_workspace
            try: r = oracle.run(oracle.parser().parse_args([work] + flags))
            finally: oracle.copy_tree = real; shutil.rmtree(copy)
        else: r = oracle.run(oracle.parser().parse_args([directory] + flags))
    finally:
        fakeprov.Provider, oracle.lit = keep, lit; os.environ.clear(); os.environ.update(os.environ_before)
    if not r['ok']: raise Refused([d for d in r['diagnostics'] if d['severity'] == 'error'])
    return r


def fact(v):
    if v == '(unknown)': return {'claim': 'unknown'}
    if v is None or v == '': return {'claim': 'unset'}
    return {'claim': 'known', 'value': v}


def facts(r):
    """facts by address, without the vault's type"""
    out = {}
    strip = r.get('strip') or ''
    for rc in r['plan'].get('resource_changes', []):
        if rc['type'] != 'oci_kms_key' or rc['mode'] != 'managed' or rc['address'] not in r['config']: continue
        c = r['config'][rc['address']]; d = c['auto_key_rotation_details']
        d = {'rotation_interval_in_days': d, 'time_of_schedule_start': d} if d == '(unknown)' else (d or [{}])[0]
        k = {n: fact(c[n]) for n in ('protection_mode', 'is_auto_rotation_enabled')}
        k.update({n: fact(d.get(n)) for n in ('rotation_interval_in_days', 'time_of_schedule_start')})
        k['vault_type'] = None
        k['display_name'] = fact(c['display_name'])
        s = rc['change']['after_sensitive']; sd = s.get('auto_key_rotation_details')
        for n in k:
            hidden = s.get(n) is True or (n.startswith(('rotation_i', 'time_')) and (sd is True or (isinstance(sd, list) and sd and sd[0].get(n) is True)))
            if k[n] and k[n]['claim'] == 'known' and hidden: k[n]['sensitive'] = True
        out[rc['address'][len(strip):] if rc['address'].startswith(strip) else rc['address']] = k
    return out


def endpoints(r):
    strip = r.get('strip') or ''
    return {a[len(strip):] if a.startswith(strip) else a: c['management_endpoint'] for a, c in r['config'].items() if 'protection_mode' in c}


def vaults_read(v):
    """every vault in the plan's prior state that was read by a data source: endpoint -> type"""
    out = {}
    def walk(m):
        for x in m.get('resources', []):
            if x['type'] == 'oci_kms_vault' and x['mode'] == 'data': out[x['values'].get('management_endpoint')] = x['values'].get('vault_type')
            if x['type'] == 'oci_kms_vaults':
                for y in x['values'].get('vaults') or []: out[y.get('management_endpoint')] = y.get('vault_type')
        for y in m.get('child_modules', []): walk(y)
    walk(v.get('values', {}).get('root_module', {})); return out


def has_data(directory):
    for d, _, names in os.walk(directory):
        for n in names:
            if n.endswith(('.tf', '.tf.json')):
                with open(os.path.join(d, n), encoding='utf-8', errors='replace') as f: t = f.read()
                if re.search(r'^\s*data\s+"?oci_|"data"\s*:', t, re.M): return True
    return False


def make(case):
    directory = os.path.join(CASES, case); path = os.path.join(directory, 'expected.json')
    with open(path, encoding='utf-8') as f: old = json.load(f)
    if old.get('hand'): return old, old, None
    args = old.get('args') or {}
    full = plan(directory, args); data = has_data(directory)
    full_facts = facts(full); known = vaults_read(full['plan'].get('prior_state', {}))
    deferred_facts = facts(plan(directory, args, defer=True)) if data else full_facts
    marks = endpoints(plan(directory, args, trace=True))
    deferred = endpoints(plan(directory, args, trace=True, defer=True)) if data else marks
    ends = endpoints(full)
    keys = []
    for a in deferred_facts:
        k = {'address': a, **deferred_facts[a]}
        m = re.search(r'traced-([A-Za-z_]+)-\d', str(deferred.get(a))) or re.search(r'traced-([A-Za-z_]+)-\d', str(marks.get(a)))
        k['vault_type'] = {'claim': 'known', 'value': m.group(1)} if m else {'claim': 'unknown'}
        k.update(old.get('by_hand', {}).get(a, {}))
        if a in full_facts:
            more = {n: full_facts[a][n] for n in full_facts[a] if n != 'vault_type' and full_facts[a][n] != deferred_facts[a][n]}
            if not m and ends.get(a) in known: more['vault_type'] = fact(known[ends[a]])
            if more: k['plan'] = more
        keys.append(k)
    new = {'terraform': full['plan']['terraform_version']}
    for n in ('note', 'args', 'by_hand', 'modules_not_followed'):
        if old.get(n): new[n] = old[n]
    new.setdefault('args', {})
    if full.get('strip'): new['plan_prefix'] = full['strip']
    new['keys'] = keys
    return old, new, full['raw']


def dump(e):
    """JSON with one line for each fact"""
    t = json.dumps(e, indent=2, ensure_ascii=False)
    t = re.sub(r'\{\s*"claim": ("\w+")(?:,\s*"value": ((?:"(?:[^"\\]|\\.)*"|[\w.-]+)))?(,\s*"sensitive": true)?\s*\}',
               lambda m: '{"claim": %s%s%s}' % (m.group(1), ', "value": ' + m.group(2) if m.group(2) else '', ', "sensitive": true' if m.group(3) else ''), t)
    return t + '\n'


def main():
    a = arguments(); enter(a.oracle)
    bad = 0
    for case in a.cases or sorted(n for n in os.listdir(CASES) if os.path.isdir(os.path.join(CASES, n))):
        case = os.path.basename(case.rstrip('/'))
        try: old, new, raw = make(case)
        except Exception as e: print('%s: %s' % (case, str(e)[:600])); bad += 1; continue
        if raw is None: continue
        if a.check:
            if old.get('keys') != new['keys']: print('%s: facts differ' % case); bad += 1
            continue
        with open(os.path.join(CASES, case, 'plan.json'), 'w', encoding='utf-8', newline='') as f: f.write(raw)
        with open(os.path.join(CASES, case, 'expected.json'), 'w', encoding='utf-8', newline='') as f: f.write(dump(new))
        print('%s: %d key(s)' % (case, len(new['keys'])))
    sys.exit(bad > 0)


if __name__ == '__main__': main()
