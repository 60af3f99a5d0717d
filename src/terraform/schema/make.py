#!/usr/bin/env python3
"""Makes `oci.table`, the types of the provider oracle/oci, from a description of its schema.

    make.py SCHEMA[.gz] --version 8.28.0 [--provider oracle/oci] [-o oci.table]

SCHEMA is one of two kinds of JSON, recognized by content:

* the output of `terraform providers schema -json` for a configuration that requires the provider. It does not hold the defaults of
  arguments or which blocks the provider fills in: what is omitted is then unknown instead of null, and nothing else changes;
* facts taken from the provider's source, `{"resource": {TYPE: {"schema": {NAME: FACTS}, "timeouts": [...]}}, "data": {...}}`, where FACTS
  has `type` (String, Bool, Int, Float, List, Set, Map), `req`, `opt`, `comp`, `sens`, `default`, `statefunc`, `defaultfunc`, `max`, and
  `elem` or `block` for what is inside.

The table has one line of text with its version, the provider, its version and the number of services; one line for each service (the
second word of a type's name, `kms` of `oci_kms_key`): the name, where its part begins and how long it is; then the parts, compressed
with deflate. A part has one line for each type, sorted: `resource oci_kms_key {…}`. What is in the braces is described in `table.rs`.
"""
import argparse
import gzip
import json
import sys
import zlib

PRIMITIVES = {"String": "s", "Bool": "b", "Int": "n", "Float": "n", "string": "s", "bool": "b", "number": "n", "dynamic": "a"}
COLLECTIONS = {"List": "L", "Set": "S", "Map": "M", "list": "L", "set": "S", "map": "M"}


# Defaults that the source defines as constants. The facts do not contain them.
CONSTANT_DEFAULTS = {("oci_objectstorage_bucket", "access_type"): "NoPublicAccess"}


def fields(entries):
    return "{" + ",".join(f"{name}:{text}" for name, text in sorted(entries)) + "}"


def default(value):
    if isinstance(value, bool):
        return "=t" if value else "=f"
    if isinstance(value, int):
        return f"={value}"
    assert isinstance(value, str) and not set(value) & set("\"\\\n"), value
    return f'="{value}"'


# ---- facts from the provider's source


def fact_type(fact):
    kind = fact["type"]
    if kind in PRIMITIVES:
        return PRIMITIVES[kind]
    if "block" in fact and kind != "Map":
        return COLLECTIONS[kind] + fields((name, "c" + fact_type(inner)) for name, inner in fact["block"].items())
    return COLLECTIONS[kind] + (fact_type(fact["elem"]) if "elem" in fact else "s")


def is_block(fact):
    """Whether the SDK makes it a block: a resource as an element is a block unless it is only computed."""
    return fact["type"] != "Map" and "block" in fact and (fact.get("opt") or not fact.get("comp"))


def fact_field(fact):
    if is_block(fact):
        most = str(fact["max"]) if fact.get("max") else ""
        filled = "D" if fact.get("comp") else "B"
        return filled + COLLECTIONS[fact["type"]] + most + fact_block(fact["block"], [])
    flag = "r" if fact.get("req") else "b" if fact.get("opt") and fact.get("comp") else "o" if fact.get("opt") else "c"
    marks = ("!" if fact.get("sens") else "") + ("~" if fact.get("statefunc") else "") + ("?" if fact.get("defaultfunc") else "")
    return marks + flag + fact_type(fact) + (default(fact["default"]) if "default" in fact else "")


def fact_block(schema, timeouts, top=False):
    entries = [(name, fact_field(fact)) for name, fact in schema.items()]
    if top and "id" not in schema:
        entries.append(("id", "cs"))
    if timeouts and "timeouts" not in schema:
        entries.append(("timeouts", "B1" + fields((name, "os") for name in timeouts)))
    return fields(entries)


def from_facts(document):
    for mode, key in (("resource", "resource"), ("data", "data")):
        for name, facts in document[key].items():
            for (owner, argument), value in CONSTANT_DEFAULTS.items():
                if (mode, owner) == ("resource", name):
                    facts["schema"][argument].setdefault("default", value)
            yield mode, name, fact_block(facts["schema"], facts.get("timeouts", []), top=True)


# ---- `terraform providers schema -json`


def json_type(ty):
    if isinstance(ty, str):
        return PRIMITIVES[ty]
    kind, inner = ty[0], ty[1]
    if kind == "object":
        return fields((name, "c" + json_type(own)) for name, own in inner.items())
    if kind == "tuple":
        return "a"
    return COLLECTIONS[kind] + json_type(inner)


def nested_type(nested):
    inside = fields((name, "c" + attribute_type(own)) for name, own in nested.get("attributes", {}).items())
    return {"single": "", "list": "L", "set": "S", "map": "M"}[nested["nesting_mode"]] + inside


def attribute_type(attribute):
    return json_type(attribute["type"]) if "type" in attribute else nested_type(attribute["nested_type"])


def json_field(attribute):
    is_optional, is_computed = attribute.get("optional"), attribute.get("computed")
    flag = "r" if attribute.get("required") else "b" if is_optional and is_computed else "o" if is_optional else "c"
    # This document does not contain defaults.
    marks = ("!" if attribute.get("sensitive") else "") + ("?" if flag == "o" else "")
    return marks + flag + attribute_type(attribute)


def json_block(block):
    entries = [(name, json_field(attribute)) for name, attribute in block.get("attributes", {}).items()]
    for name, nested in block.get("block_types", {}).items():
        nesting = {"single": "1", "group": "1", "list": "L", "set": "S", "map": "M"}[nested["nesting_mode"]]
        most = str(nested["max_items"]) if nested.get("max_items") else ""
        filled = "B" if nesting == "1" else "D"
        entries.append((name, filled + nesting + most + json_block(nested["block"])))
    return fields(entries)


def from_terraform(document, provider):
    found = [own for name, own in document["provider_schemas"].items() if name.endswith("/" + provider)]
    if not found:
        sys.exit(f"the document does not have a provider {provider}; it has {', '.join(document['provider_schemas'])}")
    for mode, key in (("resource", "resource_schemas"), ("data", "data_source_schemas")):
        for name, schema in found[0].get(key, {}).items():
            yield mode, name, json_block(schema["block"])


# Services that nearly every run needs. They are not compressed, because decompression would take most of the time of a small run.
PLAIN = {"kms"}


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("schema")
    arguments.add_argument("--version", required=True, help="the provider's version; neither kind of document holds it")
    arguments.add_argument("--provider", default="oracle/oci")
    arguments.add_argument("-o", "--output", default="oci.table")
    given = arguments.parse_args()
    with open(given.schema, "rb") as file:
        data = file.read()
    document = json.loads(gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data)
    types = from_terraform(document, given.provider) if "provider_schemas" in document else from_facts(document)
    services = {}
    for mode, name, block in types:
        service = (name.split("_") + [""])[1]
        services.setdefault(service, []).append(f"{mode} {name} {block}\n")
    index, parts, at = [], [], 0
    for service, lines in sorted(services.items()):
        part, form = "".join(sorted(lines)).encode(), "plain"
        if service not in PLAIN:
            deflate = zlib.compressobj(9, zlib.DEFLATED, -15, 9)
            part, form = deflate.compress(part) + deflate.flush(), "deflate"
        index.append(f"{service} {at} {len(part)} {form}\n")
        parts.append(part)
        at += len(part)
    head = f"2 {given.provider} {given.version} {len(index)}\n" + "".join(index)
    with open(given.output, "wb") as file:
        file.write(head.encode() + b"".join(parts))
    count = sum(map(len, services.values()))
    print(f"{given.output}: {count} types of {len(services)} services, {len(head) + at} bytes")


if __name__ == "__main__":
    main()
