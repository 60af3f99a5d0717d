"""Random expressions, most of them unusual: the evaluator must agree with Terraform on values, unknowns and errors."""
import random

U = 'terraform_data.unk.id'
ATOMS = ['1', '0', '-1', '2.5', '"a"', '"b"', '""', '"1"', 'true', 'false', '"true"', 'null', '[]', '{}', U, U, '"x-${%s}"' % U, 'tonumber(%s)' % U, 'tobool(%s)' % U, 'jsondecode(%s)' % U,
    'split(",", %s)' % U, 'tolist(["a", "b"])', 'toset(["b", "a"])', 'tomap({ a = 1, b = 2 })', 'tostring(null)', 'tolist(null)', 'sensitive("s")', 'sensitive(1)', 'toset([%s, "a"])' % U, '[%s]' % U, '{ a = %s }' % U,
    'tomap({ a = %s })' % U, 'nosuch()', '1/0 > 5', '10', '"é"', '{ a = 1, b = "x" }', '["a", 1, null]', '{ a = { b = [1, 2] } }', '"a,b,c"', '1e3', '"e\u0301"', 'tolist([])', 'tomap({})',
    'tolist([{ a = 1 }])', 'tolist([tomap({ a = "x" })])', 'toset([[1], [2]])', '[[null], [1]]', '[[1], ["x"]]', '[{ x = 1 }, { x = "a" }]', '[{ x = 1 }, { y = 2 }]', 'tomap({ a = tolist(["x"]) })', 'tolist([tolist([])])',
    '{ a = { b = "x", c = true } }', '{ a = [1], b = ["x"] }', '{ a = null }', 'tolist([%s])' % U, '[toset(["a"]), tolist(["b"])]']
ONE = ['tostring', 'tonumber', 'tobool', 'tolist', 'toset', 'tomap', 'length', 'upper', 'lower', 'keys', 'values', 'one', 'flatten', 'jsonencode', 'distinct', 'compact', 'reverse', 'sort', 'sum', 'alltrue', 'anytrue', 'abs', 'ceil',
    'trimspace', 'nonsensitive', 'issensitive', 'yamlencode', 'md5', 'transpose', 'title', 'base64encode', 'chomp']
TWO = ['join', 'split', 'concat', 'merge', 'contains', 'element', 'setunion', 'setintersection', 'setsubtract', 'zipmap', 'coalesce', 'coalescelist', 'max', 'min', 'startswith', 'chunklist', 'index', 'range', 'trimprefix', 'setproduct',
    'format', 'formatlist', 'strcontains', 'pow', 'lookup', 'matchkeys' ]
THREE = ['lookup', 'slice', 'substr', 'replace', 'coalesce', 'merge', 'concat', 'format', 'matchkeys', 'range']
TYPES = ['string', 'number', 'bool', 'any', 'list(string)', 'set(any)', 'map(number)', 'list(any)', 'object({ a = string })', 'object({ a = optional(number), b = optional(string, "d") })', 'tuple([string, number])', 'map(any)',
    'list(object({ a = optional(any) }))']


class Expressions:
    def __init__(self, seed): self.r = random.Random(seed)

    def one(self, d, names=()):
        r, s = self.r, lambda: self.one(d - 1, names)
        if d <= 0: return r.choice(names) if names and r.random() < .5 else r.choice(ATOMS)
        more = lambda *own: tuple(names) + own
        forms = [
            lambda: '(%s %s %s)' % (s(), r.choice('+-*/%'), s()),
            lambda: '(%s %s %s)' % (s(), r.choice(['==', '!=', '==', '<', '<=', '>', '>=']), s()),
            lambda: '(%s %s %s)' % (s(), r.choice(['&&', '||']), s()),
            lambda: '(%s ? %s : %s)' % (r.choice([s(), 'true', 'false', 'tobool(%s)' % U, '(%s == "x")' % U]), s(), s()),
            lambda: '[%s]' % ', '.join(s() for _ in range(r.randrange(4))),
            lambda: '{ %s }' % ', '.join('%s = %s' % (k, s()) for k in r.sample(['a', 'b', 'c', '(%s)' % s(), '"${%s}"' % s()], r.randrange(3))),
            lambda: '%s[%s]' % (s(), r.choice(['0', '1', '"a"', '"0"', '-1', s()])),
            lambda: '%s.%s' % (s(), r.choice(['a', 'b', '0', 'a.b'])),
            lambda: '%s[*]%s' % (s(), r.choice(['', '.a', '[0]', '.a.b'])),
            lambda: '%s.*%s' % (s(), r.choice(['.a', '.a[0]', '.0'])),
            lambda: '[for %s in %s : %s%s]' % ((lambda v, c: (v, c, self.one(d - 1, more(v)), r.choice(['', ' if %s' % self.one(d - 2, more(v))])))(r.choice('xyz'), s())),
            lambda: '{ for k, v in %s : %s => %s%s%s }' % (s(), r.choice(['k', 'v', self.one(d - 2, more('k', 'v'))]), self.one(d - 1, more('k', 'v')), r.choice(['', '...']), r.choice(['', ' if %s' % self.one(d - 2, more('k', 'v'))])),
            lambda: '"p%s${%s}"' % (r.choice(['', '-', 'q', '$${', '%%{']), s()),
            lambda: '"%%{ if %s }y%%{ else }${%s}%%{ endif }"' % (s(), s()),
            lambda: '"%%{ for q in %s ~} ${%s} %%{~ endfor }"' % (s(), self.one(d - 1, more('q'))),
            lambda: 'try(%s, %s)' % (s(), s()), lambda: 'can(%s)' % s(), lambda: '%s%s' % (r.choice('!-'), s()),
            lambda: '%s(%s)' % (r.choice(ONE), s()), lambda: '%s(%s)' % (r.choice(ONE), s()), lambda: '%s(%s, %s)' % (r.choice(TWO), s(), s()), lambda: '%s(%s, %s)' % (r.choice(TWO), s(), s()),
            lambda: '%s(%s, %s, %s)' % (r.choice(THREE), s(), s(), s()), lambda: '%s(%s...)' % (r.choice(TWO), s()),
            lambda: 'convert(%s, %s)' % (s(), r.choice(TYPES)),
        ]
        return r.choice(forms)()

    def some(self, number):
        seen = {}
        while len(seen) < number:
            e = self.one(self.r.choice([1, 2, 2, 3]))
            if len(e) < 300: seen[e] = None
        return list(seen)
