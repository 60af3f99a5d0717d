#!/usr/bin/env python3
"""Searches kmslint's output for secrets: each kind of secret, through each expression, into each place, in each format.

    secrets.py [PROGRAM]

The default program is target/debug/kmslint. One run for each kind has all expressions in all places and writes every format, so
six runs cover tens of thousands of cases. Five consecutive characters of a secret, or of a value derived from it, count as a leak. Prints a
line for each kind, and each leak; the exit code is 1 if there is a leak.
"""
import base64, json, os, re, subprocess, sys, tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
SECRET = 'Zq7xK2mW9pL4vN8tR3bY'
# The table on this page has every format: a test generates it.
FORMATS = re.findall(r'^\| `([\w-]+)` \|', open(os.path.join(HERE, '../docs/formats.md')).read().split('\n`short`, for')[0], re.M)

# Name, the expression for the secret, files, environment, arguments.
KINDS = [
    ('sensitive variable', 'var.s', {'in.tf': 'variable "s" {\n  sensitive = true\n  default   = "SECRET"\n}\n'}, {}, []),
    ('ephemeral variable', 'var.s', {'in.tf': 'variable "s" {\n  ephemeral = true\n  default   = "SECRET"\n}\n'}, {}, []),
    ('file', 'file("token.txt")', {'token.txt': 'SECRET'}, {}, []),
    ('linked values file', 'var.s', {'in.tf': 'variable "s" {}\n', '.env': 's = "SECRET"\n', 'LINK x.auto.tfvars': '.env'}, {}, []),
    ('environment', 'var.s', {'in.tf': 'variable "s" {}\n'}, {'TF_VAR_s': 'SECRET'}, []),
    ('command line', 'var.s', {'in.tf': 'variable "s" {}\n'}, {}, ['--var', 's=SECRET']),
]

# Expressions that use the secret, which replaces §.
EXPRESSIONS = [
    'file("../${§}")', 'file("~/${§}")', 'file(".git/${§}")', 'file("/etc/${§}")', 'fileexists("../${§}")', 'fileset("../${§}","*")',
    'fileset(".", "../${§}*")', 'fileset(§, "*")', 'templatefile("../${§}", {})', 'templatefile("t.tpl", { x = § })',
    'templatefile("t2.tpl", { (§) = 1 })', 'templatefile("t3.tpl", {x=§})', 'filesha256("../${§}")', 'filebase64("dir/${§}")', 'abspath(§)',
    'pathexpand("~/${§}")', 'basename(§)', 'dirname("a/${§}/b")', 'provider::terraform::decode_tfvars(§)',
    'provider::terraform::encode_expr(§)', 'provider::terraform::encode_tfvars({a=§})', 'provider::${§}::x()', 'timestamp() == § ? § : "b"',
    'formatdate(§, timestamp())', 'uuidv5(§, "a")', 'uuidv5("dns", §)', 'cidrsubnet(§,1,1)', 'cidrsubnets(§,1)', 'ipv6(§)', 'one([§, §])',
    'merge(§, {})', 'concat(§, [])', 'zipmap([§],[§])[§]', 'zipmap([§],[§]).x', '{ (§) = 1 }.x', '{ (§) = 1 }["x"]', '[1,2][§]',
    'tomap({(§)=1})["zz"]', 'tolist([§])[7]', 'element([§], -1)', 'setproduct([§],["a"])[4]', 'coalesce("", §).x', '§.x', '§[0]', '§["a"]',
    'tobool(§)', 'tonumber("1${§}")', '-§', '!§', '§ + 1', '§ && true', '§ < 3', '"a" == §', 'regex("(${§}", "a")', 'regexall(§, "a")',
    'replace("a", "/${§}(/", "b")', 'format(§, 1)', 'format("%d", §)', 'formatlist("%s", [§])[3]', 'jsondecode("{\\"a\\": ${§}}")',
    'jsondecode("{${§}}")', 'yamldecode("${§}: [")', 'yamldecode("&${§} *${§}x")', 'yamldecode("!${§} x")', 'csvdecode("a,b\\n${§}")',
    'base64decode("!!${§}")', 'base64gunzip(§)', 'textdecodebase64(§, §)', 'textencodebase64("a", §)', 'urldecode("%${§}")',
    'rsadecrypt(§, §)', 'bcrypt(§)', 'parseint(§, 36)', 'parseint("9", parseint(substr(§,1,0),10))', 'substr(§, 0, 99)', 'title(§)',
    'join(§, ["a","b"])', 'join("a", §)', 'split(§, "a")', 'chunklist([§], "x")', 'range(§)', 'range(1, § == "" ? 2 : 3)', 'sum([§])',
    'max(§, 1)', 'lookup({a=1}, §)', 'lookup({a=1}, "b", §)', 'keys({ (§) = 1 })[0]', 'values({ a = § })[0]',
    'matchkeys([§],["a"],["a"])[0]', 'transpose({ (§) = [§] })', 'nosuchfn(§)', 'upper(§, §)', 'local.nosuch[§]', 'module.nosuch[§]',
    'var.nosuch', 'self.x', 'each.value', 'data.oci_kms_vault.x[§].id', 'oci_kms_key.k0_0[§].id', 'oci_kms_vault.v[§].management_endpoint',
    'path.module == § ? 1 : §', 'terraform.workspace == § ? § : §', '"%{ if § }a%{ endif }"', '"%{ for x in § }a%{ endfor }"',
    '[for x in § : x]', '{ for x in [§, §] : x => x }', '{ for x in [§] : x => x }[§]', '[for x in [§] : x if x][0]', 'sensitive(§)',
    'ephemeralasnull(§)', 'can(§) ? § : 1', 'try(nosuch(§), §)', 'try(§.x.y, §.z)', 'assert(§)', 'templatestring(§, {})',
    'templatestring("${§}", {})', 'strcontains(§, §)', 'startswith(§, "Zq") ? "HSM" : §', 'endswith(§,"x") ? 1 : §', 'tostring([§])',
    'tolist(§)', 'toset(§)', 'tomap(§)', 'convert(§, number)', 'issensitive(§) ? § : §', 'plantimestamp() > § ? 1 : 2',
    'timeadd(timestamp(), §)', 'timecmp(§, §)', 'alltrue([§])', 'anytrue([§])', 'index([§],"x")', 'slice([§],0,9)', 'sort([§, 1])[0]',
    'reverse([§])[1]', 'flatten([[§]])[3]', 'distinct([§,§])[2]', 'length(§)', 'contains([§], §) ? § : 1', 'compact([§])[2]',
    'coalescelist([], §)', 'trim(§, §)', 'trimprefix(§, "Z")', 'indent(2, §)', 'chomp(§)', 'chomp(§)', 'abs(§)', 'signum(§)', 'log(§, 2)',
    'pow(2, §)', 'floor(§)', 'md5(§)', 'sha1(§)', 'base64sha256(§)', 'uuid() == § ? § : 1',
]

# Arguments of a key that use the expression, which replaces ¤.
SINKS = [
    'display_name = ¤',
    'protection_mode = ¤',
    'for_each = toset([¤])',
    'for_each = { (¤) = 1 }',
    'count = ¤',
    'freeform_tags = { (¤) = ¤ }',
    'is_auto_rotation_enabled = ¤\n  auto_key_rotation_details {\n    rotation_interval_in_days = ¤\n  }',
    'compartment_id = ¤\n  provider = oci[¤]',
    'lifecycle {\n    ignore_changes = [¤]\n    precondition {\n      condition = ¤\n      error_message = ¤\n    }\n  }',
    'dynamic "key_shape" {\n    for_each = ¤\n    content {\n      algorithm = key_shape.value\n      length = ¤\n    }\n  }',
    'management_endpoint = ¤\n  desired_state = ¤',
]

# Other blocks that use the expression, once for each expression; NUMBER is its number.
OTHER_BLOCKS = '''
locals {
  lNUMBER = ¤
}
output "oNUMBER" {
  value = ¤
}
module "mNUMBER" {
  source   = "./mod"
  for_each = toset([¤])
  m        = ¤
}
module "nNUMBER" {
  source = ¤
}
import {
  to = oci_kms_key.kNUMBER_0
  id = ¤
}
resource "oci_kms_key_version" "vNUMBER" {
  key_id = ¤
}
check "cNUMBER" {
  assert {
    condition     = ¤
    error_message = "a ${¤}"
  }
}
data "oci_kms_vault" "dNUMBER" {
  vault_id = ¤
}
variable "wNUMBER" {
  default = 1
  validation {
    condition     = var.wNUMBER == ¤
    error_message = ¤
  }
}
'''
FILES = {
    'vault.tf': 'resource "oci_kms_vault" "v" {\n  vault_type = "DEFAULT"\n}\n',
    'mod/m.tf': 'variable "m" {}\nresource "oci_kms_key" "i" {\n  protection_mode = var.m\n  display_name    = var.m.x\n}\n',
    't.tpl': '${x}${y}',
    't2.tpl': '${zz}',
    't3.tpl': '%{ for a in x }${a.b}%{ endfor }${x.y}${upper(x, x)}',
}


def traces():
    """Five-character parts of the secret and of values derived from it."""
    encoded = base64.b64encode(SECRET.encode()).decode()
    forms = [SECRET, SECRET.upper(), SECRET.lower(), SECRET.title(), SECRET[::-1], encoded]
    return {form[at:at + 5] for form in forms for at in range(len(form) - 4)}


def write_repository(directory, secret_expression, files):
    """Writes a repository with every expression in every place."""
    files = {**FILES, **files}
    for number, expression in enumerate(EXPRESSIONS):
        expression = expression.replace('§', secret_expression)
        text = ''
        for at, sink in enumerate(SINKS):
            text += 'resource "oci_kms_key" "k%d_%d" {\n  %s\n}\n' % (number, at, sink.replace('¤', expression))
        files['f%d.tf' % number] = text + OTHER_BLOCKS.replace('NUMBER', str(number)).replace('¤', expression)
    for name, text in files.items():
        path = os.path.join(directory, name.removeprefix('LINK '))
        os.makedirs(os.path.dirname(path), exist_ok=True)
        if name.startswith('LINK '):
            os.symlink(text, path)
        else:
            with open(path, 'w') as file: file.write(text.replace('SECRET', SECRET))


def outputs(program, directory, environment, arguments):
    """Runs kmslint once and returns its outputs by name."""
    command = [program, 'check', '--no-config', '--verbose', '--show-passes', '--sarif-include-suppressed']
    command += ['--format=%s=out-%s' % (name, name) for name in FORMATS] + [word.replace('SECRET', SECRET) for word in arguments]
    environment = {name: value.replace('SECRET', SECRET) for name, value in environment.items()}
    ran = subprocess.run(command, cwd=directory, env=environment, capture_output=True, text=True)
    if ran.returncode not in (1, 2): sys.exit('exit code %d: %s' % (ran.returncode, ran.stderr[-2000:]))
    texts = {'standard output': ran.stdout, 'standard error': ran.stderr}
    for name in FORMATS:
        with open(os.path.join(directory, 'out-' + name)) as file: texts[name] = file.read()
    return texts


def main():
    program = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else os.path.join(HERE, '..', 'target', 'debug', 'kmslint'))
    known, runs, leaks = traces(), 0, 0
    for kind, secret_expression, files, environment, arguments in KINDS:
        with tempfile.TemporaryDirectory() as directory:
            write_repository(directory, secret_expression, files)
            texts = outputs(program, directory, environment, arguments)
        keys = len(json.loads(texts['json'])['keys'])
        # A run that evaluates nothing would not leak anything either.
        if keys < len(EXPRESSIONS) * len(SINKS) // 2: sys.exit('%s: only %d keys' % (kind, keys))
        found = 0
        for name, text in texts.items():
            for line in text.splitlines():
                if any(trace in line for trace in known):
                    found += 1
                    if found <= 20: print('leak: %s, %s: %s' % (kind, name, line[:300]))
        cases = len(EXPRESSIONS) * (len(SINKS) + OTHER_BLOCKS.count('¤')) * len(texts)
        print('%s: %d expressions, %d cases, %d keys, %d leaks' % (kind, len(EXPRESSIONS), cases, keys, found))
        runs, leaks = runs + cases, leaks + found
    print('%d cases (expressions × places × outputs × kinds), %d leaks' % (runs, leaks))
    sys.exit(leaks > 0)


if __name__ == '__main__':
    main()
