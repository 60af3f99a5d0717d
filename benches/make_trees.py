#!/usr/bin/env python3
"""Makes the configurations that kmslint is timed on. The same arguments give the same bytes.

    make_trees.py small FOLDER               one root module with 3 keys
    make_trees.py roots FOLDER [ROOTS]       200 roots with 5 keys each, 2 of them in a module
    make_trees.py monorepo FOLDER [FILES]    50,000 files; 1 % of the directories have keys; deep modules, large files
    make_trees.py instances FOLDER [KEYS]    one module tree whose for_each makes 10,000 keys
"""
import random, sys
from pathlib import Path

WORDS = 'payments ledger Größe gateway billing search archive 東京 events audit naïve reports staging edge batch identity'.split()


def write(path, *texts):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text('\n'.join(texts), encoding='utf-8')


VAULT = '''resource "oci_kms_vault" "main" {
  compartment_id = var.compartment_id
  display_name   = "main"
  vault_type     = "DEFAULT"
}
'''


def key(name, vault='oci_kms_vault.main.management_endpoint', mode=None, rotated=False, each=''):
    lines = ['resource "oci_kms_key" "%s" {' % name]
    if each: lines += ['  for_each            = ' + each]
    lines += ['  compartment_id      = var.compartment_id', '  display_name        = ' + ('each.key' if each else '"%s"' % name),
              '  management_endpoint = ' + vault]
    if mode: lines += ['  protection_mode     = ' + mode]
    lines += ['  key_shape {', '    algorithm = "AES"', '    length    = 32', '  }']
    if rotated:
        lines += ['  is_auto_rotation_enabled = true', '  auto_key_rotation_details {', '    rotation_interval_in_days = 90', '  }']
    return '\n'.join(lines + ['}', ''])


def variables(**defaults):
    return '\n'.join('variable "%s" {\n  type = string%s\n}\n' % (name, '' if default is None else '\n  default = "%s"' % default) for name, default in defaults.items())


def other(rng, index):
    """a resource that has nothing to do with keys"""
    name = 'r%d' % index
    kind = rng.randrange(4)
    if kind == 0:
        rules = '\n'.join('''  ingress_security_rules {
    protocol    = "6"
    source      = cidrsubnet(var.cidr, 8, %d)
    description = "%s"
    tcp_options {
      min = %d
      max = %d
    }
  }''' % (rng.randrange(200), ' '.join(rng.choices(WORDS, k=6)), port, port) for port in rng.sample(range(1, 65000), rng.randrange(2, 7)))
        return 'resource "oci_core_security_list" "%s" {\n  compartment_id = var.compartment_id\n  vcn_id         = oci_core_vcn.main.id\n%s\n}\n' % (name, rules)
    if kind == 1:
        return '''resource "oci_identity_policy" "%s" {
  compartment_id = var.compartment_id
  name           = "%s-${var.environment}"
  description    = "%s"
  statements = [
    for group in ["%s", "%s"] : "Allow group ${group} to manage object-family in compartment id ${var.compartment_id}"
  ]
}
''' % (name, name, ' '.join(rng.choices(WORDS, k=12)), rng.choice(WORDS), rng.choice(WORDS))
    if kind == 2:
        return '''resource "oci_objectstorage_bucket" "%s" {
  compartment_id = var.compartment_id
  namespace      = data.oci_objectstorage_namespace.this.namespace
  name           = "${var.environment}-%s"
  access_type    = "NoPublicAccess"
  freeform_tags = {
    Team  = "%s"
    Owner = "%s"
  }
}
''' % (name, name, rng.choice(WORDS), rng.choice(WORDS))
    return '''resource "oci_core_instance" "%s" {
  count               = var.environment == "prod" ? 3 : 1
  availability_domain = data.oci_identity_availability_domains.all.availability_domains[count.index %% 3].name
  compartment_id      = var.compartment_id
  shape               = "VM.Standard.E5.Flex"
  metadata = {
    user_data = base64encode(<<-EOT
      #cloud-config
      runcmd:
        - echo "%s" > /etc/motd
        - systemctl enable --now ${var.environment}-agent
    EOT
    )
  }
}
''' % (name, ' '.join(rng.choices(WORDS, k=8)))


def small(directory):
    write(directory / 'vault.tf', VAULT)
    write(directory / 'main.tf', key('software', mode='"SOFTWARE"'), key('default'), key('chosen', mode='var.protection_mode', rotated=True))
    write(directory / 'variables.tf', variables(compartment_id=None, protection_mode='SOFTWARE'))
    write(directory / 'outputs.tf', 'output "key_id" {\n  value = oci_kms_key.software.id\n}\n')
    write(directory / 'terraform.tfvars', 'compartment_id = "ocid1.compartment.oc1..example"\nprotection_mode = "HSM"\n')


def roots(directory, count=200):
    module = variables(compartment_id=None, management_endpoint=None, environment=None)
    for number in range(count):
        rng = random.Random(number)
        root = directory / ('team-%02d' % (number % 20)) / ('stack-%03d' % number)
        environment = rng.choice(['prod', 'staging', 'dev'])
        write(root / 'main.tf', VAULT, key('literal', mode=rng.choice(['"HSM"', '"SOFTWARE"'])), key('omitted'), key('variable', mode='var.protection_mode', rotated=True),
              'module "keys" {\n  source              = "./modules/keys"\n  compartment_id      = var.compartment_id\n'
              '  management_endpoint = oci_kms_vault.main.management_endpoint\n  environment         = var.environment\n}\n')
        write(root / 'network.tf', *(other(rng, index) for index in range(6)))
        write(root / 'variables.tf', variables(compartment_id=None, environment=None, protection_mode='SOFTWARE', cidr='10.0.0.0/16'))
        write(root / 'terraform.tfvars', 'compartment_id = "ocid1.compartment.oc1..example"\nenvironment = "%s"\n' % environment)
        write(root / 'modules/keys/main.tf', key('conditional', 'var.management_endpoint', 'var.environment == "prod" ? "HSM" : "SOFTWARE"'),
              key('local', 'var.management_endpoint', 'local.mode'), 'locals {\n  mode = upper("software")\n}\n')
        write(root / 'modules/keys/variables.tf', module)


def monorepo(directory, files=50_000):
    """Folders of four files. Of a hundred directories 70 are plain roots, 29 are links of module chains five deep, and one holds keys at the end of a chain."""
    variables_tf = variables(compartment_id=None, environment=None, cidr='10.0.0.0/16')
    inputs = '  compartment_id = var.compartment_id\n  environment    = var.environment\n'

    def stack(path, number, main, size):
        rng = random.Random(number)
        write(path / 'main.tf', *main, *(other(rng, index) for index in range(2)))
        write(path / 'network.tf', *(other(rng, index) for index in range(2, 2 + size)))
        write(path / 'variables.tf', variables_tf)
        write(path / 'outputs.tf', *('output "r%d" {\n  value = "%s"\n}\n' % (index, rng.choice(WORDS)) for index in range(4)))

    directories = files // 4
    for number in range(directories):
        area = directory / ('area-%02d' % (number // 100 % 25)) / ('group-%03d' % (number // 100))
        place = number % 100
        # One directory in 250 has a file of about half a megabyte.
        size = 1200 if number % 250 == 7 else 3
        if place < 70:
            stack(area / ('stack-%02d' % place), number, [], size)
            continue
        # Six chains of five: a root and its modules of modules; the last link of the last chain holds the keys.
        chain, link = divmod(place - 70, 5)
        path = area / ('service-%d' % chain)
        for _ in range(link): path = path / 'modules/inner'
        last = link == 4
        main = [] if last else ['module "inner" {\n  source = "./modules/inner"\n%s}\n' % inputs]
        if place == 99: main += [VAULT, key('default'), key('chosen', mode='var.environment == "prod" ? "HSM" : "SOFTWARE"')]
        stack(path, number, main, size)
        if link == 0: write(path / 'terraform.tfvars', 'compartment_id = "ocid1.compartment.oc1..example"\nenvironment = "prod"\n')


def instances(directory, keys=10_000):
    """a hundredth of the keys by one for_each, called through a for_each over a hundred teams"""
    teams = 100
    write(directory / 'main.tf', VAULT, variables(compartment_id=None),
          'variable "teams" {\n  type = map(object({ tier = string, size = optional(number, %d) }))\n}\n' % (keys // teams),
          'module "team" {\n  source              = "./team"\n  for_each            = var.teams\n  name                = each.key\n  tier                = each.value.tier\n'
          '  size                = each.value.size\n  compartment_id      = var.compartment_id\n  management_endpoint = oci_kms_vault.main.management_endpoint\n}\n')
    write(directory / 'terraform.tfvars', 'compartment_id = "ocid1.compartment.oc1..example"\nteams = {',
          '\n'.join('  team-%02d = { tier = "%s" }' % (n, ['gold', 'silver', 'bronze'][n % 3]) for n in range(teams)), '}\n')
    write(directory / 'team/main.tf', variables(compartment_id=None, management_endpoint=None, name=None, tier=None), 'variable "size" {\n  type = number\n}\n',
          'locals {\n  keys = { for n in range(var.size) : format("%s-%04d", var.name, n) => { mode = var.tier == "gold" && n % 2 == 0 ? "HSM" : "SOFTWARE" } }\n}\n',
          key('this', 'var.management_endpoint', 'each.value.mode', each='local.keys'))


KINDS = {'small': small, 'roots': roots, 'monorepo': monorepo, 'instances': instances}

if __name__ == '__main__':
    if len(sys.argv) < 3 or sys.argv[1] not in KINDS: sys.exit(__doc__)
    KINDS[sys.argv[1]](Path(sys.argv[2]), *map(int, sys.argv[3:]))
