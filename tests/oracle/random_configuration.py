"""Random small configurations with keys: `Configuration(seed).files()` is {path: text}, in independent scenarios.

Scenario N is `sN.tf`, its modules `mN/…` and its lines of the values files, so that a scenario that Terraform refuses can be left out.
"""
import random

from odd_forms import OddForms, Values, quote

KEYS = ['a', 'b', 'c', 'b c', 'ü', 'e\u0301', 'x.y', 'a/b', '0', '01', '1', '"q"', '${x}', '%{y}', '', 'a\\b', 'A', '*', '日本', '["z"]', 'true', 'null', '-1', "it's"]
# the values files on the command line, after the single values
GIVEN = ['given.tfvars', 'given.tfvars.json']
STARTS = ['2027-01-31T00:00:00Z', '2027-03-01T12:30:00.5Z', '2026-12-24T00:00:00+02:00']


class Scenario:
    """one scenario; `r` is the only source of randomness"""

    def __init__(self, r, number):
        self.r, self.n, self.files, self.values, self.count = r, number, {}, Values(), 0
        # directories of module sources that the oracle cannot evaluate; blocks at the end of the root module
        self.sources, self.late = {}, []
        self.root = Module(self, '', 0)
        self.root.fill()
        self.root.blocks += self.late
        self.files['s%d.tf' % number] = self.root.text()
        if r.random() < .3: self.crlf()

    def crlf(self):
        name = self.r.choice(sorted(self.files))
        self.files[name] = self.files[name].replace('\n', '\r\n')

    def name(self, prefix):
        self.count += 1
        return '%s%d_%d' % (prefix, self.n, self.count)


class Module(OddForms):
    """one module: blocks, and the references for expressions in them, by type"""

    def __init__(self, scenario, directory, depth):
        self.s, self.r, self.directory, self.depth = scenario, scenario.r, directory, depth
        self.blocks, self.outputs = [], {}
        # the probability that a condition is unknown
        self.unknown_chance = .12
        self.refs = {t: [] for t in ('mode', 'bool', 'days', 'start', 'name', 'endpoint', 'list', 'entries', 'unknown_bool', 'vault')}
        # variables that the caller must set: variable -> type
        self.inputs = {}

    def pick(self, *choices): return self.r.choice(choices)()
    def chance(self, p): return self.r.random() < p

    def text(self): return '\n\n'.join(self.blocks) + '\n'

    # values of the types that the arguments of keys have

    def mode(self, d=2):
        r, e = self.r, lambda: self.mode(d - 1)
        flat = [lambda: r.choice(['"HSM"', '"SOFTWARE"', '"hsm"', '"Software"', 'null', '""', '"HSM"', '"SOFTWARE"'])]
        if self.refs['mode']: flat += [lambda: r.choice(self.refs['mode'])] * 4
        if d <= 0: return r.choice(flat)()
        some = lambda: r.choice(['"HSM"', '"SOFTWARE"'])
        return self.pick(*flat * 2, lambda: '%s ? %s : %s' % (self.cond(d - 1), e(), e()), lambda: 'coalesce(%s, %s)' % (e(), some()),
            lambda: 'upper(coalesce(%s, "hsm"))' % e(), lambda: '"${%s == null ? "HSM" : "SOFTWARE"}"' % e(), lambda: 'try(%s, %s)' % (e(), some()),
            lambda: 'lookup({ a = %s, b = "HSM" }, %s, "SOFTWARE")' % (some(), self.name(d - 1)), lambda: 'merge({ m = %s }, { m = %s }).m' % (some(), e()),
            lambda: 'merge({ m = "HSM" }, %s ? { m = "SOFTWARE" } : {})["m"]' % self.cond(d - 1), lambda: 'element(["HSM", "SOFTWARE"], coalesce(%s, 1))' % self.integer(d - 1),
            lambda: 'one([for x in [%s] : x if x != null])' % e(), lambda: '(%s)' % e(), lambda: 'jsondecode(jsonencode({ a = %s })).a' % e(),
            lambda: 'join("", [%s])' % some(), lambda: 'try({ m = %s }.x, %s)' % (some(), e()), lambda: '[%s, %s][%s ? 0 : 1]' % (e(), e(), self.cond(d - 1)),
            lambda: 'trimspace(<<-EOT\n    ${%s}\n  EOT\n  )' % some(), lambda: 'compact([%s, "SOFTWARE"])[0]' % e(), lambda: 'can(%s.x) ? "HSM" : %s' % (e(), e()),
            lambda: 'tomap({ a = %s })["a"]' % e(), lambda: 'contains(["HSM"], coalesce(%s, "x")) ? "SOFTWARE" : "HSM"' % e(), lambda: 'replace(%s, "SOFT", "soft")' % some(),
            lambda: 'nonsensitive(sensitive(%s))' % some(), lambda: '%s%s' % ('sensitive(%s)' % some(), ''), lambda: '"%%{ if %s ~}\n HSM %%{~ else }SOFTWARE%%{ endif }"' .replace('\n', '') % self.cond(d - 1))

    def cond(self, d=1):
        r = self.r
        flat = [lambda: r.choice(['true', 'false', '"true"', 'true', 'false'])]
        if self.refs['bool']: flat += [lambda: r.choice(self.refs['bool'])] * 3
        if self.chance(self.unknown_chance): return self.unknown_bool()
        if d <= 0: return r.choice(flat)()
        c = lambda: self.cond(d - 1)
        return self.pick(*flat, lambda: '!%s' % self.paren(c()), lambda: '(%s && %s)' % (c(), c()), lambda: '(%s || %s)' % (c(), c()), lambda: '%s != null' % self.paren(self.mode(d - 1)),
            lambda: '%s == "HSM"' % self.paren(self.mode(d - 1)), lambda: 'length(%s) > 1' % self.list(), lambda: 'coalesce(%s, 1) > 90' % self.integer(d - 1),
            lambda: 'can(tonumber(%s))' % self.name(d - 1), lambda: 'contains(%s, "a")' % self.list(), lambda: 'try(tobool(%s), false)' % self.name(d - 1),
            lambda: 'alltrue([%s, %s])' % (c(), c()), lambda: 'anytrue([%s])' % c(), lambda: 'startswith(%s, "n")' % self.name(d - 1))

    @staticmethod
    def paren(text): return '(%s)' % text

    def unknown_bool(self): return self.r.choice(self.refs['unknown_bool'] or ['true'])

    def boolean(self, d=1):
        return self.pick(lambda: self.cond(d), lambda: self.cond(d), lambda: 'null', lambda: '%s ? %s : null' % (self.cond(0), self.cond(0)), lambda: 'try(%s, null)' % self.cond(d),
            lambda: 'tobool("%s")' % self.r.choice(['true', 'false', '1', '0']) if self.chance(.5) else '"false"')

    def integer(self, d=1):
        r = self.r
        flat = [lambda: r.choice(['0', '1', '90', '365', '"90"', '60', '366', '2 * 45', '-1'])]
        if self.refs['days']: flat += [lambda: r.choice(self.refs['days'])] * 3
        if d <= 0: return r.choice([f for f in flat])() if self.chance(.7) else r.choice(['90', '120'])
        e = lambda: self.integer(d - 1)
        return self.pick(*flat, lambda: 'max(coalesce(%s, 1), 60)' % e(), lambda: 'length(%s) * 60' % self.list(), lambda: 'coalesce(%s, 77)' % e(),
            lambda: '%s ? %s : %s' % (self.cond(d - 1), e(), e()), lambda: 'tonumber("%d.0")' % r.randrange(400), lambda: 'try(tonumber(%s), 88)' % self.name(d - 1), lambda: 'parseint("%x", 16)' % r.randrange(400),
            lambda: 'ceil(%d / 7)' % r.randrange(2000), lambda: 'sum([1, try(%s, 2)])' % e())

    def days(self, d=1): return self.integer(d) if self.chance(.85) else 'null'

    def start(self, d=1):
        flat = [lambda: quote(self.r.choice(STARTS)), lambda: 'null', lambda: '""'] + ([lambda: self.r.choice(self.refs['start'])] * 3 if self.refs['start'] else [])
        return self.pick(*flat, lambda: 'timeadd(%s, "24h")' % quote(self.r.choice(STARTS)), lambda: '%s ? %s : null' % (self.cond(0), quote(STARTS[0])),
            lambda: 'formatdate("YYYY-MM-DD\'T\'00:00:00Z", %s)' % quote(STARTS[0]))

    def name(self, d=1):
        flat = [lambda: quote(self.r.choice(KEYS + ['n', 'name'])), lambda: quote('n-%d' % self.r.randrange(9))] + ([lambda: self.r.choice(self.refs['name'])] * 4 if self.refs['name'] else [])
        if d <= 0: return self.r.choice(flat)()
        e = lambda: self.name(d - 1)
        return self.pick(*flat, lambda: '"x-${%s}-%%%%{z"' % e(), lambda: 'format("%%s/%%03d", %s, %s)' % (e(), self.r.randrange(2000)), lambda: 'join("-", [%s, %s])' % (e(), e()),
            lambda: 'lower(%s)' % e(), lambda: 'substr(%s, 0, 2)' % e(), lambda: 'replace(%s, "/[^a-z]/", "_")' % e(), lambda: '"${terraform.workspace}-${%s}"' % e(),
            lambda: 'join(",", %s)' % self.list(), lambda: 'basename(abspath(path.module)) == "x" ? "y" : %s' % e(), lambda: '"${%s}${%s}"' % (e(), self.integer(0)), lambda: 'jsonencode([%s, %s])' % (e(), self.cond(0)),
            lambda: 'md5(%s)' % e(), lambda: '%s ? %s : %s' % (self.cond(d - 1), e(), e()), lambda: 'title(trimprefix(%s, "n"))' % e(), lambda: '<<EOT\n$${a} ${%s}\n  %%{ if %s }t%%{ else }f%%{ endif }\nEOT\n' % (e(), self.cond(0)))

    def list(self):
        flat = [lambda: '[%s]' % ', '.join(quote(k) for k in self.r.sample(KEYS, self.r.randrange(4)))]
        if self.refs['list']: flat += [lambda: self.r.choice(self.refs['list'])] * 3
        return self.r.choice(flat)()

    def entry(self):
        """an object that conforms to `entry_type`"""
        parts = []
        if self.chance(.6): parts.append('mode = %s' % self.r.choice(['"HSM"', '"SOFTWARE"', 'null', '""', '"hsm"']))
        if self.chance(.5): parts.append('auto = %s' % self.r.choice(['true', 'false', 'null', '"true"', '"false"']))
        if self.chance(.5): parts.append('days = %s' % self.r.choice(['90', '"120"', '0', 'null', '400', '60.0', '1e2']))
        if self.chance(.3): parts.append('start = %s' % self.r.choice(['null', '""', quote(STARTS[0])]))
        if self.chance(.3): parts.append('name = %s' % quote(self.r.choice(KEYS)))
        if self.chance(.15): parts.append('extra = { x = 1 }')
        if self.chance(.3): parts.append('rotation = %s' % self.r.choice(['null', '{}', '{ days = 70 }', '{ days = "71", start = null }', '{ on = false }']))
        return '{ %s }' % ', '.join(parts)

    def entry_type(self):
        def o(t, values):
            if self.chance(.4): return 'optional(%s)' % t
            return 'optional(%s, %s)' % (t, self.r.choice(values))
        return ('object({\n    mode = %s\n    auto = %s\n    days = %s\n    start = optional(string)\n    name = %s\n    rotation = %s\n  })' % (
            o('string', ['"HSM"', '"SOFTWARE"', 'null', '""']), o('bool', ['true', 'false', '"true"', 'null']), o('number', ['90', '0', '"365"', 'null']), o('string', ['"n"', 'null']),
            o('object({ on = optional(bool, true), days = optional(number%s), start = optional(string) })' % self.r.choice(['', ', 75', ', null']), ['{}', 'null', '{ days = 99 }'])))

    def map(self, least=0):
        keys = self.r.sample(KEYS, self.r.randrange(least, 4))
        return '{%s}' % ', '.join('\n    %s = %s' % (quote(k) if not k.isidentifier() or k in ('true', 'null') else k, self.entry()) for k in keys)

    # blocks

    def variable(self, kind, ty, default, given):
        """declares a variable; in the root module it gets a value from an input, in other modules from the caller"""
        n = self.s.name('v')
        lines = ['  type = %s' % ty] if ty else []
        if default is not None: lines.append('  default = %s' % default)
        nullable = self.chance(.15) and default not in (None, 'null')
        if nullable: lines.append('  nullable = false')
        if self.chance(.02): lines.append('  sensitive = true')
        self.blocks.append('variable "%s" {\n%s\n}' % (n, '\n'.join(lines)))
        must = default is None
        if must or self.chance(.5):
            if self.depth: self.inputs[n] = kind
            else: self.s.values.give(self.r, n, ty, given)
        self.refs[kind].append('var.' + n)
        return n

    def variables(self):
        r, const = self.r, self.constant
        for _ in range(r.randrange(1, 5)):
            kind = r.choice(['mode', 'bool', 'days', 'name', 'start', 'list', 'entries', 'entries', 'object', 'any', 'map'])
            optional = self.chance(.7)
            if kind == 'entries':
                form = r.choice(['map', 'any', 'list', 'map'])
                if form == 'list':
                    n = self.variable('list', r.choice(['list(string)', 'set(string)', None]), self.constant('list') if optional else None, lambda: const('list'))
                    continue
                ty = 'map(%s)' % self.entry_type()
                n = self.variable('entries', ty, self.map() if optional else None, lambda: self.map())
            elif kind == 'object':
                n = self.s.name('v')
                ty = self.entry_type()
                self.blocks.append('variable "%s" {\n  type = %s\n  default = %s\n}' % (n, ty, self.entry()))
                self.fields('var.' + n)
                if not self.depth and self.chance(.5): self.s.values.give(self.r, n, ty, self.entry)
            elif kind == 'map':
                n = self.s.name('v')
                self.blocks.append('variable "%s" {\n  type = map(string)\n  default = { a = "HSM", b = null, c = "SOFTWARE" }\n}' % n)
                self.refs['mode'] += ['var.%s["a"]' % n, 'lookup(var.%s, "b", "HSM")' % n, 'lookup(var.%s, "d", "SOFTWARE")' % n, 'try(var.%s.d, "HSM")' % n, 'var.%s.c' % n]
            elif kind == 'any':
                n = self.s.name('v')
                self.blocks.append('variable "%s" {\n%s  default = %s\n}' % (n, r.choice(['', '  type = any\n']), self.r.choice(['null', '{}', '[]', '{ mode = "HSM" }', '{ mode = "SOFTWARE", days = 66 }'])))
                self.refs['mode'] += ['try(var.%s.mode, "SOFTWARE")' % n, 'lookup(var.%s == null ? {} : var.%s, "mode", null)' % (n, n) if self.chance(.3) else 'try(coalesce(var.%s.mode), null)' % n]
                self.refs['days'].append('try(var.%s.days, 61)' % n)
            else:
                ty = {'mode': 'string', 'bool': 'bool', 'days': 'number', 'name': 'string', 'start': 'string', 'list': 'list(string)'}[kind]
                if kind != 'list' and self.chance(.2): ty = r.choice([None, 'any', ty])
                self.variable(kind, ty, const(kind) if optional else None, lambda kind=kind: const(kind))

    def constant(self, kind):
        r = self.r
        return {'mode': lambda: r.choice(['"HSM"', '"SOFTWARE"', 'null', '""', '"hsm"']), 'bool': lambda: r.choice(['true', 'false', '"true"', '"false"', 'null'] if self.chance(.3) else ['true', 'false']),
            'days': lambda: r.choice(['90', '"120"', '0', 'null', '365', '400']), 'name': lambda: quote(r.choice(KEYS)), 'start': lambda: r.choice(['null', '""', quote(r.choice(STARTS))]),
            'list': lambda: '[%s]' % ', '.join(quote(k) for k in r.sample(KEYS, r.randrange(4))), 'entries': self.map}[kind]()

    def fields(self, of):
        """references to the attributes of an entry"""
        self.refs['mode'] += [of + '.mode', of + '["mode"]']
        self.refs['bool'].append('coalesce(%s.auto, false)' % of)
        self.refs['days'] += [of + '.days', 'try(%s.rotation.days, 64)' % of]
        self.refs['start'] += [of + '.start', 'try(%s.rotation.start, null)' % of]
        self.refs['name'].append('coalesce(%s.name, "none")' % of)

    def locals(self):
        for _ in range(self.r.randrange(4)):
            kind = self.r.choice(['mode', 'bool', 'days', 'name', 'list', 'entries', 'start'])
            n = self.s.name('l')
            value = {'mode': self.mode, 'bool': self.cond, 'days': self.days, 'name': self.name, 'start': self.start,
                'list': lambda: self.pick(self.list, lambda: 'distinct(concat(%s, %s))' % (self.list(), self.list()), lambda: 'sort(%s)' % self.list(), lambda: '[for x in %s : upper(x) if x != "a"]' % self.list()),
                'entries': lambda: self.for_map()}[kind]()
            if kind == 'entries' and value is None: continue
            self.blocks.append('locals {\n  %s = %s\n}' % (n, value))
            self.refs[kind].append('local.' + n)

    def for_map(self):
        if not self.refs['entries']: return None
        m = self.r.choice(self.refs['entries'])
        return self.pick(lambda: '{ for k, v in %s : k => v if v.mode != "x" }' % m, lambda: '{ for k, v in %s : "${k}-x" => merge(v, { mode = %s }) }' % (m, self.r.choice(['"HSM"', 'v.name', 'upper(coalesce(v.mode, "software"))'])),
            lambda: '{ for k, v in %s : upper(k) => v }' % m, lambda: 'merge(%s, { for k in ["extra"] : k => values(%s)[0] if length(%s) > 0 })' % (m, m, m), lambda: '%s ? %s : {}' % (self.cond(0), m),
            lambda: '{ for i, v in values(%s) : i => v }' % m, lambda: 'zipmap(keys(%s), values(%s))' % (m, m), lambda: '{ for k in sort(keys(%s)) : k => %s[k] if %s[k].auto != true }' % (m, m, m))

    def unknowns(self):
        n = self.s.name('u')
        self.blocks.append('resource "terraform_data" "%s" {\n  input = %s\n}' % (n, self.name(0)))
        u = 'terraform_data.%s' % n
        self.refs['unknown_bool'] += ['(%s.id == "x")' % u, '(length(%s.id) > 5)' % u, 'startswith(%s.id, "a")' % u]
        if self.chance(.3): self.refs['name'].append(u + '.input')
        if self.chance(.2): self.refs['name'].append(u + '.output')
        if self.chance(.2): self.refs['mode'].append('(%s.id == "x" ? "HSM" : "SOFTWARE")' % u)
        if self.chance(.3):
            t = self.s.name('t'); ty = self.r.choice(['null_resource', 'time_sleep'])
            extra = '  create_duration = "1s"\n' if ty == 'time_sleep' else ''
            self.blocks.append('resource "%s" "%s" {\n%s  triggers = {\n    mode = %s\n    n = %s\n  }\n}' % (ty, t, extra, self.mode(1), self.r.choice(['90', '"80"', self.integer(0)])))
            self.refs['mode'] += ['%s.%s.triggers.mode' % (ty, t), '%s.%s.triggers["mode"]' % (ty, t)]
            self.refs['days'].append('tonumber(%s.%s.triggers.n)' % (ty, t))

    def vaults(self):
        types = ['"DEFAULT"', '"VIRTUAL_PRIVATE"']
        v = self.s.name('vault')
        form = self.r.randrange(5)
        body = '  compartment_id = "c"\n  display_name = "%s"\n  vault_type = %s\n' % (v, self.r.choice(types + ['%s ? "DEFAULT" : "VIRTUAL_PRIVATE"' % self.cond(0)]))
        head = lambda kind='resource "oci_kms_vault"': '%s "%s" {\n' % (kind, v)
        e = self.refs['endpoint']
        a = 'oci_kms_vault.' + v
        if form in (0, 1):
            self.blocks.append(head() + body + '}'); e += [a + '.management_endpoint'] * 2
            if self.chance(.4): self.vault_object(a)
            if self.chance(.3):
                d = self.s.name('d'); self.blocks.append('data "oci_kms_vault" "%s" {\n  vault_id = %s.id\n}' % (d, a)); e.append('data.oci_kms_vault.%s.management_endpoint' % d)
        elif form == 2:
            c = self.cond(0)
            self.blocks.append(head() + '  count = %s ? 1 : 0\n' % c + body + '}')
            other = self.s.name('vault'); self.blocks.append('resource "oci_kms_vault" "%s" {\n  compartment_id = "c"\n  display_name = "o"\n  vault_type = %s\n}' % (other, self.r.choice(types)))
            o = 'oci_kms_vault.%s.management_endpoint' % other
            e += ['try(%s[0].management_endpoint, %s)' % (a, o), 'length(%s) > 0 ? %s[0].management_endpoint : %s' % (a, a, o), 'coalesce(one(%s[*].management_endpoint), %s)' % (a, o), 'concat(%s[*].management_endpoint, [%s])[0]' % (a, o)]
        elif form == 3:
            self.blocks.append(head() + '  for_each = { DEFAULT = "x", VIRTUAL_PRIVATE = "y" }\n  compartment_id = "c"\n  display_name = each.value\n  vault_type = each.key\n}')
            e += ['values(%s)[0].management_endpoint' % a, '%s["DEFAULT"].management_endpoint' % a, '{ for k, v in %s : k => v.management_endpoint }["VIRTUAL_PRIVATE"]' % a, '[for v in %s : v.management_endpoint if v.display_name == "y"][0]' % a,
                '%s[%s ? "DEFAULT" : "VIRTUAL_PRIVATE"].management_endpoint' % (a, self.cond(0))]
            self.refs['name'].append('keys(%s)[1]' % a)
        else:
            self.blocks.append(head() + '  count = 2\n  compartment_id = "c"\n  display_name = "v-${count.index}"\n  vault_type = %s[count.index]\n}' % self.r.choice(['["DEFAULT", "VIRTUAL_PRIVATE"]', '["DEFAULT", "DEFAULT"]']))
            e += ['%s[0].management_endpoint' % a, '%s[1].management_endpoint' % a, 'element(%s[*].management_endpoint, 3)' % a, '%s.1.management_endpoint' % a]
            self.refs['name'].append('%s[1].display_name' % a)

    def expansion(self):
        """a count or for_each, and the references that it allows: (line, {kind: [references]}, shape)"""
        r = self.r
        # Terraform refuses unknown values here
        self.unknown_chance = .01
        try: return self.expansion_of(r)
        finally: self.unknown_chance = .12

    def expansion_of(self, r):
        forms = [lambda: ('', {}, 'one')] * 3
        forms += [lambda: ('  count = %s\n' % r.choice(['0', '1', '2', '"2"', '%s ? 1 : 0' % self.cond(1), 'length(%s)' % self.list(), '%s ? 2 : 1' % self.cond(0)]), {'days': ['count.index + 60', 'count.index'], 'bool': ['count.index == 0'], 'name': ['"i${count.index}"']}, 'count')] * 2
        if self.refs['entries']:
            m = r.choice(self.refs['entries'])
            entry = {'mode': ['each.value.mode'] * 3, 'bool': ['coalesce(each.value.auto, false)'] * 2, 'days': ['each.value.days', 'try(each.value.rotation.days, 64)'] * 2, 'start': ['each.value.start'], 'name': ['each.key', 'coalesce(each.value.name, each.key, "x")'] * 2}
            forms += [lambda: ('  for_each = %s\n' % (m if self.chance(.5) else self.for_map() or m), entry, 'each')] * 6
        forms += [lambda: ('  for_each = %s\n' % r.choice(['toset(%s)' % self.list(), '{ a = "HSM", b = "SOFTWARE" }', '{ for k in %s : k => k... }' % self.list(), 'toset([for k in %s : "p${k}"])' % self.list()]), {'name': ['each.key'], 'mode': ['each.key == "a" ? "HSM" : null']}, 'each')] * 2
        return r.choice(forms)()

    def within(self, refs, make):
        """runs `make` with additional references"""
        keep = {k: list(v) for k, v in self.refs.items()}
        for k, v in refs.items(): self.refs[k] += v * 2
        try: return make()
        finally: self.refs = keep

    def key(self):
        n = self.s.name('k'); line, refs, shape = self.expansion()
        def body():
            key_shape = '  key_shape {\n    algorithm = "AES"\n    length = 32\n  }\n' if self.chance(.9) else '  dynamic "key_shape" {\n    for_each = { AES = %s }\n    iterator = it\n    content {\n      algorithm = it.key\n      length = it.value\n    }\n  }\n' % self.integer(0)
            t = '  compartment_id = "c"\n  display_name = %s\n  management_endpoint = %s\n%s' % (self.name(), self.r.choice(self.refs['endpoint'] or ['"https://x"']), key_shape)
            if self.chance(.8): t += '  protection_mode = %s\n' % self.mode()
            if self.chance(.7): t += '  is_auto_rotation_enabled = %s\n' % self.boolean()
            return t + (self.rotation() if self.chance(.7) else '')
        self.blocks.append('resource "oci_kms_key" "%s" {\n%s%s}' % (n, line, self.within(refs, body)))
        a = 'oci_kms_key.' + n
        self.imported(n, line, shape); self.idle(n)
        self.overridden(n, lambda: self.within(refs, lambda: self.r.choice([lambda: '  protection_mode = %s\n' % self.mode(1), self.rotation, lambda: '  is_auto_rotation_enabled = %s\n' % self.boolean()])()))
        if shape == 'one':
            self.refs['name'].append(a + '.display_name')
            if self.chance(.3): self.key_object(a)
            if self.chance(.15): self.version(a)
            if self.chance(.3): self.refs['mode'].append(a + '.protection_mode')
        elif shape == 'count': self.refs['name'] += ['try(%s[0].display_name, "none")' % a, 'join("+", %s[*].display_name)' % a]
        else: self.refs['name'] += ['join("+", keys(%s))' % a, 'join("+", [for k in values(%s) : k.display_name])' % a]
        return n, shape

    def rotation(self):
        def content(): return ''.join('    %s = %s\n' % p for p in [('rotation_interval_in_days', self.days()), ('time_of_schedule_start', self.start())] if self.chance(.75))
        if self.chance(.45): return '  auto_key_rotation_details {\n%s  }\n' % content()
        it = self.chance(.3)
        name = 'item' if it else 'auto_key_rotation_details'
        form, refs = self.pick(lambda: ('%s ? [1] : []' % self.cond(), {'days': [name + '.key + 60']}), lambda: ('[%s]' % self.days(0), {'days': [name + '.value'] * 4}), lambda: ('{ k = { d = 90 } }', {'days': [name + '.value.d'] * 3}),
            lambda: ('%s[*]' % self.paren(self.days(0)), {'days': [name + '.value'] * 3}), lambda: ('toset([%s])' % quote('95'), {'days': [name + '.value'] * 3}), lambda: ('%s != null ? { x = %s } : {}' % (self.paren(self.days(0)), self.days(0)), {'days': [name + '.value'] * 3}),
            lambda: ('[for d in [%s] : { n = d } if d != null]' % self.days(0), {'days': [name + '.value.n'] * 3}))
        more = '  dynamic "auto_key_rotation_details" {\n    for_each = []\n    content {\n      rotation_interval_in_days = 77\n    }\n  }\n' if self.chance(.1) else ''
        return more + '  dynamic "auto_key_rotation_details" {\n    for_each = %s\n%s    content {\n%s    }\n  }\n' % (form, '    iterator = item\n' if it else '', self.within(refs, content))

    def call(self):
        r = self.r
        n = self.s.name('m'); inner = ('%s/' % self.directory if self.directory else '') + n
        child = Module(self.s, inner, self.depth + 1); child.fill()
        name = r.choice(['main.tf', 'main.tf', 'keys.tf'])
        self.s.files['%s/%s' % (inner, name)] = child.text()
        line, refs, shape = self.expansion()
        def arguments():
            values = {'mode': self.mode, 'bool': self.boolean, 'days': self.days, 'name': self.name, 'start': self.start, 'list': self.list, 'endpoint': lambda: r.choice(self.refs['endpoint'] or ['"https://y"']),
                'vault': lambda: r.choice(self.refs['vault'] or ['{ vault_type = "DEFAULT", management_endpoint = "https://y", display_name = "o", x = 1 }']),
                'entries': lambda: self.pick(*([lambda: r.choice(self.refs['entries'])] * 2 if self.refs['entries'] else []), self.map, lambda: self.for_map() or self.map())}
            return [(v, values[k]()) for v, k in child.inputs.items()]
        self.call_text(n, line, self.within(refs, arguments))
        for o, kind in child.outputs.items():
            a = 'module.%s' % n
            if shape == 'one': self.refs[kind].append('%s.%s' % (a, o))
            elif kind in ('mode', 'name'):
                fall = {'mode': 'null', 'name': '"none"'}[kind]
                if shape == 'count': self.refs[kind] += ['try(%s[0].%s, %s)' % (a, o, fall), 'one(slice(%s[*].%s, 0, min(1, length(%s))))' % (a, o, a)]
                else: self.refs[kind] += ['try(values(%s)[0].%s, %s)' % (a, o, fall), 'try({ for k, m in %s : k => m.%s }["a"], %s)' % (a, o, fall), 'try(%s["a"].%s, %s)' % (a, o, fall)]
            elif kind == 'endpoint' and self.refs['endpoint']:
                self.refs[kind] += ['try(%s[0].%s, %s)' % (a, o, self.refs['endpoint'][0]) if shape == 'count' else 'try(values(%s)[0].%s, %s)' % (a, o, self.refs['endpoint'][0])]

    def fill(self):
        self.unknowns() if self.chance(.6) else None
        self.variables()
        if self.depth and self.chance(.8):
            n = self.s.name('v'); self.blocks.append('variable "%s" {\n  type = string\n}' % n); self.inputs[n] = 'endpoint'; self.refs['endpoint'] += ['var.' + n] * 3
        else: self.vaults()
        self.locals()
        if self.chance(.25): self.objects()
        if self.chance(.2): self.decoded()
        if self.depth and self.chance(.2):
            n = self.s.name('v'); self.blocks.append('variable "%s" {\n  type = %s\n}' % (n, self.r.choice(['any', 'object({ vault_type = string, management_endpoint = string, display_name = optional(string) })']))); self.inputs[n] = 'vault'
            self.refs['endpoint'].append('var.%s.management_endpoint' % n); self.refs['mode'].append('(var.%s.vault_type == "DEFAULT" ? "HSM" : "SOFTWARE")' % n); self.refs['name'].append('lookup(var.%s, "display_name", "d")' % n)
            if self.chance(.3): self.refs['vault'].append('var.' + n)
        for _ in range(self.r.choice([0, 1, 1, 2] if self.depth < 3 else [1])):
            if self.depth < 3 and self.chance(.75 if self.depth < 2 else .3): self.call()
        for _ in range(self.r.choice([1, 1, 2]) if self.depth else self.r.choice([1, 2, 3])):
            self.key(); self.locals() if self.chance(.3) else None
        if self.depth:
            for kind in ('mode', 'name', 'days', 'endpoint', 'bool', 'entries', 'vault'):
                if self.refs[kind] and self.chance(.5):
                    o = self.s.name('o'); self.blocks.append('output "%s" {\n  value = %s\n}' % (o, self.r.choice(self.refs[kind]))); self.outputs[o] = kind


class Configuration:
    """several scenarios in one root module"""

    def __init__(self, seed, scenarios=6):
        r = random.Random(seed)
        self.seed, self.parts = seed, {n: Scenario(r, n) for n in range(scenarios)}

    def files(self, without=()):
        # the oracle supports only resource types that it finds in the files of the root module
        out = {'always.tf': 'provider "oci" {}\n' + ''.join('resource "%s" "always" {\n  count = 0\n%s}\n' % x for x in [('null_resource', ''), ('time_sleep', ''), ('random_id', '  byte_length = 1\n'), ('time_rotating', '  rotation_days = 1\n'), ('oci_identity_compartment', '  name = "x"\n  description = "x"\n')])}
        for n, s in self.parts.items():
            if n not in without: out.update(s.files)
        out.update(self.values(without).texts())
        return out

    def values(self, without=()):
        out = Values()
        for n, s in self.parts.items():
            if n not in without: out.merge(s.values)
        return out

    def arguments(self, without=()):
        """the arguments for `parity.plan`"""
        v = self.values(without)
        return {'vars': v.vars, 'var_files': GIVEN, 'env': {'TF_VAR_' + n: x for n, x in v.env.items()}}

    def sources(self): return {k: v for s in self.parts.values() for k, v in s.sources.items()}


class Schedules:
    """a root module with `count` keys, each with a key version that may rotate: live and dead branches, neighboring members, constants"""

    def __init__(self, seed, count):
        self.r, self.locals, self.blocks = random.Random('schedules %s' % seed), [], []
        for n in range(count): self.key(n)
        head = 'variable "on" {\n  default = true\n}\nvariable "off" {\n  default = false\n}\nvariable "which" {\n  default = "b"\n}\nresource "time_rotating" "r" {\n  rotation_days = 90\n}\n' \
            'resource "oci_kms_vault" "v" {\n  compartment_id = "c"\n  display_name   = "v"\n  vault_type     = "DEFAULT"\n}\nlocals {\n%s}\n' % ''.join('  l%d = %s\n' % x for x in enumerate(self.locals))
        self.text = head + ''.join(self.blocks)

    def condition(self): return self.r.choice(['true', 'false', 'var.on', 'var.off', '!var.on', '1 > 2', 'var.which == "b"', 'var.on && var.off', 'contains(["a"], "a")'])

    def expression(self, times, depth):
        r, e = self.r, lambda: self.expression(times, depth - 1)
        if depth <= 0: return r.choice(times) if r.random() < .4 else r.choice(['"x%d"' % r.randrange(3), '"${time_rotating.r.rotation_days}d"', 'var.which'])
        def local():
            text = e()
            self.locals.append(text)
            return 'local.l%d' % (len(self.locals) - 1)
        return r.choice([
            lambda: '(%s ? %s : %s)' % (self.condition(), e(), e()), lambda: '(%s ? %s : %s)' % (self.condition(), e(), e()), lambda: '"${%s}-y"' % e(), lambda: 'upper(%s)' % e(), lambda: 'md5(%s)' % e(),
            lambda: '{ a = %s, b = %s }.a' % (e(), e()), lambda: '{ a = %s, b = %s }[var.which]' % (e(), e()), lambda: '[%s, %s][1]' % (e(), e()), lambda: 'lookup({ a = %s, b = %s }, "b", "d")' % (e(), e()),
            lambda: 'coalesce(%s, %s)' % (e(), e()), lambda: 'try(%s, %s)' % (e(), e()), lambda: 'try(tomap({ a = "z" }).nope, %s)' % e(), lambda: 'element([%s, %s], 2)' % (e(), e()),
            lambda: 'join("-", [for s in [%s, %s] : s if s != "x1"])' % (e(), e()), lambda: 'join("-", [for k, s in { a = %s, b = %s } : s if k == "a"])' % (e(), e()), lambda: 'merge({ a = %s }, { a = %s }).a' % (e(), e()),
            lambda: '"%%{ if %s }${%s}%%{ else }${%s}%%{ endif }"' % (self.condition(), e(), e()), local, lambda: 'one([%s])' % e(), lambda: 'jsonencode({ a = [%s] })' % e(),
            lambda: 'format("%%s/%%s", %s, %s)' % (e(), e()), lambda: 'tostring(length([%s, %s]))' % (e(), e()), lambda: 'reverse([%s, %s])[0]' % (e(), e()), lambda: '([{ a = %s, b = %s }][*].b)[0]' % (e(), e())])()

    def key(self, n):
        r, inner, more = self.r, '', ''
        kind = r.choice(['for_each', 'map', 'argument', 'data', 'data', 'null'])
        times = ['time_rotating.r.id', 'time_rotating.r.rfc3339', 'timestamp()', 'terraform_data.passed.id', 'terraform_data.passed.output']
        value = self.expression(['formatdate("YYYYMMDDhhmmss", plantimestamp())'] if kind in ('for_each', 'map') else times, r.randrange(1, 4))
        if kind == 'for_each': inner = 'for_each = toset([%s])' % value
        elif kind == 'map': inner = r.choice(['for_each = { a = %s }', 'for_each = { (%s) = "a" }']) % value
        elif kind == 'argument':
            inner = 'external_key_version_id = %s' % value
            if r.random() < .2: inner += '\n  lifecycle {\n    ignore_changes = [%s]\n  }' % r.choice(['external_key_version_id', 'time_of_deletion'])
        else:
            if kind == 'null': block, argument, after = 'null_resource', 'triggers = { a = %s, b = "x" }' % value, r.choice(['', '', '.triggers', '.triggers["a"]', '.triggers.b'])
            else:
                name = r.choice(['triggers_replace', 'triggers_replace', 'input'])
                other = {'triggers_replace': 'input', 'input': 'triggers_replace'}[name]
                block, after = 'terraform_data', r.choice(['', '', '', '.id', '.output', '.input', '.triggers_replace'])
                argument = '%s = %s\n  %s = "fixed"' % (name, value, other)
            if r.random() < .15: argument += '\n  count = %d' % r.choice([0] + [1] * 15); after = '' if 'count = 0' in argument else '[0]' + after
            more = 'resource "%s" "t%d" {\n  %s\n}\n' % (block, n, argument)
            inner = 'lifecycle {\n    replace_triggered_by = [%s.t%d%s]\n  }' % (block, n, after)
        self.blocks.append('resource "oci_kms_key" "k%d" {\n  compartment_id = "c"\n  display_name = "k"\n  protection_mode = "SOFTWARE"\n  management_endpoint = oci_kms_vault.v.management_endpoint\n  key_shape {\n    algorithm = "AES"\n    length = 32\n  }\n}\n'
                           '%sresource "oci_kms_key_version" "v%d" {\n  key_id = oci_kms_key.k%d.id\n  management_endpoint = oci_kms_vault.v.management_endpoint\n  %s\n}\n' % (n, more, n, n, inner))
        if n == 0: self.blocks.append('resource "terraform_data" "passed" {\n  triggers_replace = time_rotating.r.unix\n  input = "fixed"\n}\n')
