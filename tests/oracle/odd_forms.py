"""Unusual forms for the random configurations of `random_configuration.py`: the class `OddForms` is a mixin of its modules.

Module sources in unusual forms, calls and keys in JSON, imports, overrides, resources used as objects, decoded files, key versions with live
and dead schedules, and blocks without an effect.
"""
import json, re


def quote(text):
    return '"%s"' % text.replace('\\', '\\\\').replace('"', '\\"').replace('${', '$${').replace('%{', '%%{').replace('\t', '\\t')


def value(text):
    """the value of an HCL literal: objects, lists, strings without interpolation, numbers, keywords. Numbers keep their digits."""
    tokens = re.findall(r'"(?:[^"\\]|\\.)*"|[\w.+-]+|[{}\[\]=,]', text)
    def unquote(t):
        return json.loads(t.replace('$${', '${').replace('%%{', '%{'))
    def one():
        t = tokens.pop(0)
        if t == '{':
            out = {}
            while tokens[0] != '}':
                if tokens[0] == ',': tokens.pop(0); continue
                k = tokens.pop(0); tokens.pop(0); out[unquote(k) if k[0] == '"' else k] = one()
            tokens.pop(0); return out
        if t == '[':
            out = []
            while tokens[0] != ']':
                if tokens[0] == ',': tokens.pop(0); continue
                out.append(one())
            tokens.pop(0); return out
        if t[0] == '"': return unquote(t)
        return {'true': True, 'false': False, 'null': None}[t] if t in ('true', 'false', 'null') else Number(t)
    return one()


class Number(float):
    """a number that keeps its digits"""
    def __new__(cls, text):
        n = super().__new__(cls, text); n.text = text
        return n
    def __repr__(self): return self.text


def dump(v):
    """JSON in which numbers keep their digits"""
    if isinstance(v, Number): return v.text
    if isinstance(v, dict): return '{%s}' % ', '.join('%s: %s' % (json.dumps(k, ensure_ascii=False), dump(x)) for k, x in v.items())
    if isinstance(v, list): return '[%s]' % ', '.join(map(dump, v))
    return json.dumps(v, ensure_ascii=False)


class Values:
    """the values of root variables, by source"""
    FILES = ['terraform.tfvars', 'terraform.tfvars.json', 'z0.auto.tfvars', 'z1.auto.tfvars', 'y.auto.tfvars.json', '.h.auto.tfvars', 'given.tfvars', 'given.tfvars.json']

    def __init__(self): self.files, self.env, self.vars = {}, {}, {}

    def give(self, r, name, ty, make, early=False):
        """sets a value in one source, or in two to test their precedence; `early`: only in sources that `init` reads too"""
        for _ in range(r.choice([1, 1, 2])):
            text, to = make(), r.choice(self.FILES[:6] + ['env'] if early else self.FILES + ['env', 'var', 'env'])
            if to in ('env', 'var'):
                v = value(text)
                if ty and not re.match(r'(string|bool|number)$', ty): flat = text
                elif v is None or isinstance(v, (dict, list)): flat = None
                else: flat = v.text if isinstance(v, Number) else str(v).lower() if isinstance(v, bool) else v
                if flat is not None and '\0' not in flat and not (to == 'var' and flat == ''): (self.env if to == 'env' else self.vars)[name] = flat; continue
                to = 'terraform.tfvars'
            self.files.setdefault(to, {})[name] = text

    def merge(self, other):
        for f, values in other.files.items(): self.files.setdefault(f, {}).update(values)
        self.env.update(other.env); self.vars.update(other.vars)

    def texts(self):
        """{path: text} of the files, always with those that are named on the command line"""
        out = {}
        for f in sorted(set(self.files) | {'given.tfvars', 'given.tfvars.json'}):
            values = self.files.get(f, {})
            out[f] = dump({k: value(v) for k, v in values.items()}) + '\n' if f.endswith('.json') else ''.join('%s = %s\n' % x for x in values.items())
        return out


class OddForms:
    def source(self, n):
        """the source of a call of the module in the sibling directory `n`"""
        if self.chance(.5): return '"./%s"' % n
        r, u = self.r, lambda: '"./\\u%04x%s"' % (ord(n[0]), n[1:])
        def constant():
            v = self.s.name('v'); given = self.chance(.4)
            self.blocks.append('variable "%s" {\n  type = string\n  const = true\n%s}' % (v, '' if given and not self.depth else '  default = "%s"\n' % n))
            if given and not self.depth: self.s.values.give(r, v, 'string', lambda: quote(n), early=True)
            if self.chance(.5): return '"./${var.%s}"' % v
            l = self.s.name('l'); self.blocks.append('locals {\n  %s = "./${var.%s}"\n}' % (l, v))
            return 'local.' + l
        forms = [lambda: '("./%s")' % n, lambda: '"${"./%s"}"' % n, u, lambda: 'join("/", [".", "%s"])' % n, lambda: '/* here */ "./%s" # there' % n, lambda: '"./x/../%s"' % n, lambda: '"./%s/"' % n, lambda: '"././%s"' % n,
            lambda: 'true ? "./%s" : "./none"' % n, lambda: '"./%%{ if true }%s%%{ endif }"' % n, lambda: 'format("./%%s", "%s")' % n, lambda: '["./none", "./%s"][1]' % n, lambda: '"./${lower("%s")}"' % n.upper(), lambda: '{ a = "./%s" }.a' % n, constant, constant]
        if not self.depth: forms += [lambda: '"${path.module}/%s"' % n, lambda: '"${path.root}/%s"' % n]
        text = r.choice(forms)()
        self.s.sources[re.sub(r'/\*.*?\*/|#.*', '', text).strip()] = './' + n
        return text

    def call_text(self, n, line, arguments):
        """a module call, in native syntax or in a separate JSON file"""
        body = [tuple(x) for x in arguments]
        m = re.match(r'  (count|for_each) = (.*)\n$', line, re.S)
        if m: body.insert(0, m.groups())
        if self.chance(.15) and not any('<<' in v for _, v in body):
            parts = ['"source": %s' % self.json_source(n)] + ['%s: %s' % (json.dumps(k), json.dumps('${%s}' % v)) for k, v in body]
            at = '%s.tf.json' % ('%s/call_%s' % (self.directory, n) if self.directory else 's%d_%s' % (self.s.n, n))
            self.s.files[at] = '{"module": {"%s": {%s}}}\n' % (n, ', '.join(parts))
            return
        escaping = body and self.chance(.1)
        inner = ''.join('  %s = %s\n' % x for x in body if not escaping or x[0] in ('count', 'for_each'))
        if escaping: inner += '  _ {\n%s  }\n' % ''.join('    %s = %s\n' % x for x in body if x[0] not in ('count', 'for_each'))
        if not self.depth and self.chance(.1): inner += '  providers = {\n    oci = oci\n  }\n'
        self.blocks.append('module "%s" {\n  source = %s\n%s}' % (n, self.source(n), inner))

    def json_source(self, n):
        return self.r.choice([lambda: '"./%s"' % n, lambda: '".\\/%s"' % n, lambda: '"\\u002e/%s"' % n, lambda: '"./\\u%04x%s"' % (ord(n[0]), n[1:])])()

    def file(self, name, text):
        """writes a file next to this module's configuration and returns the expression of its path"""
        self.s.files['%s/%s' % (self.directory, name) if self.directory else name] = text
        return '"${path.module}/%s"' % name

    def decoded(self):
        """values from files"""
        r, n = self.r, self.s.name('d')
        kind = r.choice(['template', 'json', 'yaml', 'csv', 'text'])
        if kind == 'template':
            path = self.file(n + '.tpl', r.choice(['n-${a}%{ if b }x%{ endif }', '%{ for x in [a, "z"] ~}\n${x},\n%{ endfor ~}\n', '${upper(a)}-${b ? 1 : 2}']))
            self.refs['name'].append('templatefile(%s, { a = %s, b = %s })' % (path, self.name(0), self.cond(0)))
            path = self.file(n + '.mode.tpl', '%{ if hsm }HSM%{ else }SOFTWARE%{ endif }')
            self.refs['mode'].append('templatefile(%s, { hsm = %s })' % (path, self.cond(0)))
        elif kind in ('json', 'yaml'):
            rows = {k: {'mode': r.choice(['HSM', 'SOFTWARE', None]), 'auto': r.choice([True, False]), 'days': r.choice([90, 400, None]), 'start': None, 'name': k, 'rotation': {'days': 70, 'start': None}} for k in r.sample(['a', 'b', 'x.y'], r.randrange(1, 3))}
            l = self.s.name('l'); path = self.file('%s.%s' % (n, kind), json.dumps(rows, indent=1) if kind == 'json' or self.chance(.5) else ''.join('%s:\n%s' % (k, ''.join('  %s: %s\n' % (a, json.dumps(b)) for a, b in v.items())) for k, v in rows.items()))
            self.blocks.append('locals {\n  %s = %sdecode(file(%s))\n}' % (l, kind, path)); self.refs['entries'].append('local.' + l)
        elif kind == 'csv':
            path = self.file(n + '.csv', 'name,mode,days\na,HSM,90\nb,SOFTWARE,"120"\nc,,\n'); l = self.s.name('l')
            self.blocks.append('locals {\n  %s = { for row in csvdecode(file(%s)) : row.name => { mode = row.mode, auto = row.days != "", days = try(tonumber(row.days), null), start = null, name = row.name, rotation = null } }\n}' % (l, path)); self.refs['entries'].append('local.' + l)
        else:
            path = self.file(n + '.txt', r.choice(['HSM', 'SOFTWARE\n', ' hsm \n'])); self.refs['mode'].append('trimspace(file(%s))' % path); self.refs['bool'].append('fileexists(%s)' % path)

    def objects(self):
        """resources with a schema, and references to them as objects and to their converted arguments"""
        r, n = self.r, self.s.name('c')
        tag = r.choice(['true', '"true"', 'false', '1', self.cond(0)])
        self.blocks.append('resource "oci_identity_compartment" "%s" {\n  compartment_id = "c"\n  name = %s\n  description = %s\n  enable_delete = %s\n  freeform_tags = { hsm = %s, n = %s }\n}' % (
            n, r.choice(['5', '"n"', 'true', '05.0']), self.name(0), r.choice(['"true"', 'true', 'null', '"false"']), tag, r.choice(['90', '"080"', '1e2'])))
        c = 'oci_identity_compartment.' + n
        self.refs['mode'] += ['(%s.freeform_tags["hsm"] == "true" ? "HSM" : "SOFTWARE")' % c, '(lookup(%s, "name", "z") == "5" ? "HSM" : null)' % c, 'lookup({ for k, v in %s.freeform_tags : v => "HSM" }, "true", "SOFTWARE")' % c, '(%s.name == 5 ? "HSM" : "SOFTWARE")' % c]
        self.refs['bool'] += ['coalesce(%s.enable_delete, false)' % c, '(length(keys(%s)) > 9)' % c, 'contains(keys(%s), "inactive_state")' % c, '(%s.timeouts == null)' % c]
        self.refs['name'] += [c + '.name', c + '.description', 'join(",", [for k in keys(%s) : k if length(k) < 5])' % c, 'join(",", [for k, v in { for k, v in %s : k => v } : v if k == "name"])' % c, 'jsonencode(%s.freeform_tags)' % c]
        self.refs['days'] += ['length(%s)' % c, 'tonumber(%s.freeform_tags.n)' % c]
        self.refs['unknown_bool'] += ['(%s.is_accessible == true)' % c, '(lookup(%s, "state", "x") == "ACTIVE")' % c, '(%s.id == "x")' % c]
        if self.chance(.5):
            i = self.s.name('r'); self.blocks.append('resource "random_id" "%s" {\n  byte_length = %s\n  keepers = { a = %s }\n}' % (i, r.choice(['"2"', '90', '61']), r.choice(['1', 'true', '"x"'])))
            self.refs['days'] += ['random_id.%s.byte_length' % i, 'try(random_id.%s.nope, 91)' % i if self.chance(.1) else 'random_id.%s.byte_length + 1' % i]; self.refs['name'] += ['random_id.%s.keepers.a' % i]; self.refs['unknown_bool'].append('(random_id.%s.hex == "ab")' % i)
        if self.chance(.3):
            d = self.s.name('d'); self.blocks.append('data "oci_kms_vaults" "%s" {\n  compartment_id = %s\n}' % (d, self.name(0)))
            self.refs['name'].append('data.oci_kms_vaults.%s.compartment_id' % d); self.refs['unknown_bool'].append('(try(data.oci_kms_vaults.%s.vaults[0].vault_type, "x") == "DEFAULT")' % d)

    def vault_object(self, a):
        """references to a vault as an object"""
        self.refs['mode'] += ['(lookup(%s, "vault_type", "x") == "DEFAULT" ? "SOFTWARE" : "HSM")' % a, '([for k, v in %s : v if k == "vault_type"][0] == "DEFAULT" ? "SOFTWARE" : null)' % a]
        self.refs['name'] += ['merge(%s, { a = 1 }).display_name' % a, 'lookup(%s, "display_name", "none")' % a, '{ for k, v in %s : k => v }.display_name' % a, '"${length(%s.restore_from_file)}-${length(%s)}"' % (a, a)]
        self.refs['unknown_bool'] += ['(lookup(%s, "state", "ACTIVE") == "ACTIVE")' % a, '(%s.crypto_endpoint == "x")' % a]
        self.refs['vault'].append(a)

    def key_object(self, a):
        self.refs['name'] += ['lookup(%s, "display_name", "x")' % a, '%s.key_shape[0].algorithm' % a, 'one(%s.key_shape).algorithm' % a, '"${%s.compartment_id}"' % a]
        self.refs['days'] += ['one(%s.key_shape[*].length)' % a, '%s.key_shape[0].length + 60' % a]
        self.refs['unknown_bool'] += ['(%s.vault_id == "x")' % a, '(length(%s.current_key_version) > 3)' % a]

    def version(self, a):
        """a key version of the key `a` (with its index), with or without a schedule"""
        r, n = self.r, self.s.name('n')
        now = 'formatdate("YYYY", plantimestamp())'
        inner = r.choice(['  for_each = toset(%s ? [%s] : ["initial"])\n' % (self.cond(0), now), '  for_each = toset([%s])\n' % now, '  count = length([%s])\n' % now, '  for_each = { for s in [%s] : s => "x" if %s }\n' % (now, self.cond(0)), '  external_key_version_id = %s ? plantimestamp() : "x"\n' % self.cond(0),
            '  lifecycle {\n    ignore_changes = all\n    replace_triggered_by = [terraform_data.%s]\n  }\n' % n, ''])
        if 'terraform_data' in inner:
            self.blocks.append('resource "time_rotating" "%s" {\n  rotation_days = 90\n}\nresource "terraform_data" "%s" {\n  triggers_replace = %s ? time_rotating.%s.id : "never"\n}' % (n, n, self.cond(0), n))
        self.blocks.append('resource "oci_kms_key_version" "%s" {\n  key_id = %s.id\n  management_endpoint = "https://x"\n%s}' % (n, a, inner))

    def idle(self, k):
        """blocks without an effect on keys"""
        r = self.r
        if self.chance(.1): self.blocks.append('moved {\n  from = oci_kms_key.%s\n  to = oci_kms_key.%s\n}' % (self.s.name('gone'), k))
        if self.chance(.08): self.blocks.append('removed {\n  from = oci_kms_key.%s\n  lifecycle {\n    destroy = %s\n  }\n}' % (self.s.name('gone'), r.choice(['true', 'false'])))
        if self.chance(.1): self.blocks.append('check "%s" {\n  assert {\n    condition = can(oci_kms_key.%s) || %s\n    error_message = "x ${%s}"\n  }\n}' % (self.s.name('check'), k, self.cond(), self.name(0)))

    def imported(self, n, line, shape):
        if self.depth or shape not in ('one', 'each') or not self.chance(.15): return
        to = 'oci_kms_key.' + n
        if shape == 'one': self.s.late.append('import {\n  to = %s\n  id = "keys/x"\n}' % to)
        else: self.s.late.append('import {\n%s  to = %s[each.key]\n  id = "keys/${each.key}"\n}' % (line, to))

    def overridden(self, k, body):
        """an override of the key `k` in the directory's override file; `body` generates its arguments"""
        if not self.chance(.1): return
        at = '%s/x_override.tf' % self.directory if self.directory else 's%d_override.tf' % self.s.n
        self.s.files[at] = self.s.files.get(at, '') + 'resource "oci_kms_key" "%s" {\n%s}\n' % (k, body())
