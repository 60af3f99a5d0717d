#!/usr/bin/env python3
"""Makes a plan JSON of about a given size, in the shape `terraform show -json` has: mostly other resources, some keys, long strings, Unicode.

    make_plan.py SIZE FILE        SIZE as 10M, 200M, 1G; FILE may be `-`

The same size gives the same bytes. Of a hundred resources one is a key; a fifth of the keys is rotated, a third is HSM.
"""
import json, random, sys

UNITS = {'K': 10**3, 'M': 10**6, 'G': 10**9}
WORDS = 'naïve Größe 東京 мост 🔑 vault "quoted" back\\slash line\nbreak tab\t<html> & plain words of a description'.split(' ')


def dumps(value):
    """as Go writes JSON: compact, UTF-8, HTML's characters escaped"""
    text = json.dumps(value, ensure_ascii=False, separators=(',', ':'))
    return text.replace('<', '\\u003c').replace('>', '\\u003e').replace('&', '\\u0026')


def text(rng, words):
    return ' '.join(rng.choice(WORDS) for _ in range(words))


def other(rng, index):
    kind = rng.choice(['oci_core_instance', 'oci_core_security_list', 'oci_identity_policy', 'oci_objectstorage_bucket', 'null_resource'])
    values = {
        'compartment_id': 'ocid1.compartment.oc1..%032x' % rng.getrandbits(128),
        'display_name': '%s-%d' % (rng.choice(WORDS), index),
        'description': text(rng, rng.randrange(5, 60)),
        'defined_tags': {'Operations.CostCenter': str(rng.randrange(100)), 'Operations.Team': rng.choice(WORDS)},
        'freeform_tags': {},
        'rules': [
            {'protocol': '6', 'source': '10.%d.0.0/16' % n, 'stateless': False, 'tcp_options': [{'min': 443, 'max': 443, 'source_port_range': []}]}
            for n in range(rng.randrange(1, 8))
        ],
        'metadata': {'user_data': '%0*x' % (rng.choice([64, 256, 4096]), rng.getrandbits(256))},
    }
    return kind, values, {'id': True, 'state': True, 'time_created': True}


def key(rng, index):
    values = {
        'compartment_id': 'ocid1.compartment.oc1..example',
        'display_name': 'key-%d' % index,
        'key_shape': [{'algorithm': 'AES', 'length': 32}],
        'restore_from_file': [],
        'timeouts': None,
    }
    unknown = {'id': True, 'management_endpoint': True, 'state': True, 'vault_id': True, 'key_shape': [{'curve_id': True}]}
    mode = rng.choice(['HSM', 'SOFTWARE', None])
    if mode:
        values['protection_mode'] = mode
    else:
        unknown['protection_mode'] = True
    if rng.randrange(5) == 0:
        values['is_auto_rotation_enabled'] = True
        values['auto_key_rotation_details'] = [{'rotation_interval_in_days': 90}]
    else:
        unknown['is_auto_rotation_enabled'] = unknown['auto_key_rotation_details'] = True
    return 'oci_kms_key', values, unknown


def resources(count):
    """the same resources whenever it is called: nothing of them is kept"""
    for index in range(count):
        rng = random.Random(index)
        if index == 0:
            vault = {'compartment_id': 'c', 'display_name': 'main', 'vault_type': 'VIRTUAL_PRIVATE'}
            yield 'oci_kms_vault', 'main', vault, {'id': True, 'management_endpoint': True}
            continue
        kind, values, unknown = (key if index % 100 == 1 else other)(rng, index)
        yield kind, 'r%d' % index, values, unknown


def planned(kind, name, values):
    return {'address': '%s.%s' % (kind, name), 'mode': 'managed', 'type': kind, 'name': name, 'provider_name': 'registry.terraform.io/oracle/oci',
            'schema_version': 0, 'values': values, 'sensitive_values': {'defined_tags': {}, 'freeform_tags': {}}}


def change(kind, name, values, unknown):
    return {'address': '%s.%s' % (kind, name), 'mode': 'managed', 'type': kind, 'name': name, 'provider_name': 'registry.terraform.io/oracle/oci',
            'change': {'actions': ['create'], 'before': None, 'after': values, 'after_unknown': unknown, 'before_sensitive': False,
                       'after_sensitive': {'defined_tags': {}, 'freeform_tags': {}}}}


def configured(kind, name, values):
    expressions = {}
    for attribute, value in values.items():
        if attribute == 'timeouts' or value == []: continue
        nested = isinstance(value, list) and isinstance(value[0], dict) and attribute != 'rules'
        expressions[attribute] = [{k: {'constant_value': v} for k, v in b.items()} for b in value] if nested else {'constant_value': value}
    if kind == 'oci_kms_key':
        expressions['management_endpoint'] = {'references': ['oci_kms_vault.main.management_endpoint', 'oci_kms_vault.main']}
    return {'address': '%s.%s' % (kind, name), 'mode': 'managed', 'type': kind, 'name': name, 'provider_config_key': 'oci',
            'expressions': expressions, 'schema_version': 0}


def main():
    size, path = sys.argv[1:]
    size = int(float(size.rstrip('KMG')) * UNITS.get(size[-1], 1))
    sample = [len((dumps(planned(k, n, v)) + dumps(change(k, n, v, u)) + dumps(configured(k, n, v))).encode()) for k, n, v, u in resources(500)]
    count = max(2, size * len(sample) // sum(sample))
    out = sys.stdout.buffer if path == '-' else open(path, 'wb')

    def put(text): out.write(text.encode())

    def listed(entries):
        for index, entry in enumerate(entries):
            put((',' if index else '') + dumps(entry))

    put('{"format_version":"1.2","terraform_version":"1.15.5","variables":{"region":{"value":"eu-frankfurt-1"}},"planned_values":{"root_module":{"resources":[')
    listed(planned(k, n, v) for k, n, v, _ in resources(count))
    put(']}},"resource_changes":[')
    listed(change(k, n, v, u) for k, n, v, u in resources(count))
    put('],"configuration":{"provider_config":{"oci":{"name":"oci","full_name":"registry.terraform.io/oracle/oci"}},"root_module":{"resources":[')
    listed(configured(k, n, v) for k, n, v, _ in resources(count))
    put(']}},"timestamp":"2026-11-21T00:00:00Z","applyable":true,"complete":true,"errored":false}\n')
    out.flush()


if __name__ == '__main__':
    main()
