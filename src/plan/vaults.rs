//! The type of the vault a key is in. A key has no argument that names its vault: there is only the vault's management endpoint.

use super::facts::place;
use super::items::Item;
use super::node::Node;
use super::resolve::{Resolver, means};
use super::values::Cell;
use crate::base::{Address, Fact, Place, Step};
use crate::key::{Fate, KeyFacts, Listed, VaultType};
use std::sync::Arc;

/// A vault that a plan or a state knows of.
#[derive(Debug)]
pub(super) struct Vault {
    /// Its address; its OCID where it is one of many that a data source lists.
    name: String,
    address: Option<Address>,
    id: Option<String>,
    endpoint: Option<String>,
    kind: Option<VaultType>,
    sensitive: bool,
    place: Place,
}

impl Vault {
    /// Lists it under the names that the configuration has for it.
    pub(super) fn list(&self, listed: &mut Listed) {
        for name in [Some(&self.name), self.id.as_ref()].into_iter().flatten() {
            listed.add_vault(name, self.kind.clone());
        }
    }
}

/// The vaults of a list of resources; vaults that will be deleted still tell the type of the keys that go with them.
pub(super) fn find(file: &Arc<str>, items: &[Item]) -> Vec<Vault> {
    let mut found = Vec::new();
    for item in items {
        match (item.data, item.kind.as_str()) {
            (_, "oci_kms_vault") => found.push(one(file, item)),
            (true, "oci_kms_vaults") => {
                if let Cell::Value { node, pointer, sensitive } = item.values.cell(&["vaults"]) {
                    let listed = node.elements().iter().enumerate();
                    found.extend(listed.map(|(index, node)| listed_vault(file, item, node, &format!("{pointer}/{index}"), sensitive)));
                }
            }
            _ => {}
        }
    }
    found
}

fn one(file: &Arc<str>, item: &Item) -> Vault {
    let text = |name: &str| item.values.text(&[name]).map(str::to_owned);
    let (place, sensitive) = match item.values.cell(&["vault_type"]) {
        Cell::Value { node, pointer, sensitive } => (place(file, &pointer, node.spot), sensitive),
        _ => (place(file, &item.pointer, item.spot), false),
    };
    Vault {
        name: item.address.clone(),
        address: item.parsed.clone(),
        id: text("id").or_else(|| text("vault_id").filter(|_| item.data)),
        endpoint: text("management_endpoint"),
        kind: text("vault_type").map(|kind| VaultType::read(&kind)),
        sensitive,
        place,
    }
}

fn listed_vault(file: &Arc<str>, item: &Item, node: &Node, pointer: &str, sensitive: bool) -> Vault {
    let text = |name: &str| node.get(name).and_then(Node::text).filter(|text| !text.is_empty()).map(str::to_owned);
    Vault {
        name: text("id").unwrap_or_else(|| item.address.clone()),
        address: None,
        id: text("id"),
        endpoint: text("management_endpoint"),
        kind: text("vault_type").map(|kind| VaultType::read(&kind)),
        sensitive,
        place: place(file, &format!("{pointer}/vault_type"), node.get("vault_type").unwrap_or(node).spot),
    }
}

/// Finds the vault of a key and its type.
pub(super) fn settle(key: &mut KeyFacts, item: &Item, vaults: &[Vault], resolver: Option<&Resolver>) {
    // An existing key says which vault it is in.
    if let Some(id) = item.values.text(&["vault_id"]) {
        key.vault = Some(id.to_owned());
        let same: Vec<&Vault> = vaults.iter().filter(|vault| vault.id.as_deref() == Some(id)).collect();
        if let Some(fact) = agreed(&same, Vec::new()) {
            key.vault_type = fact;
            return;
        }
    }
    if let Cell::Value { node, pointer, .. } = item.values.cell(&["management_endpoint"]) {
        let endpoint = bare(node.text().unwrap_or_default());
        let same: Vec<&Vault> = vaults.iter().filter(|vault| vault.endpoint.as_deref().map(bare).as_deref() == Some(&endpoint)).collect();
        let step =
            resolver.and_then(|resolver| Some(resolver.step("management_endpoint", resolver.expression(item, "management_endpoint")?)));
        if let (Some(first), Some(fact)) = (same.first(), agreed(&same, step.into_iter().collect())) {
            key.vault.get_or_insert_with(|| first.id.clone().unwrap_or_else(|| first.name.clone()));
            key.vault_type = fact;
            return;
        }
        let at = Step::new(place_of(key, &pointer, node), "the vault's management endpoint");
        key.vault_type = Fact::unknown("no vault with this management endpoint is known here").with_trail(vec![at]);
        return;
    }
    key.vault_type = match resolver {
        Some(resolver) if item.fate != Fate::Delete => referred(key, item, vaults, resolver),
        _ => Fact::unknown("nothing here tells which vault the key is in"),
    };
}

/// The type through what `management_endpoint` refers to: the plan does not know the endpoint yet, so it comes from something
/// that is not known yet, and if all of that are vaults of one type, this is the type.
fn referred(key: &mut KeyFacts, item: &Item, vaults: &[Vault], resolver: &Resolver) -> Fact<VaultType> {
    let (Some(reach), Some(expression)) =
        (resolver.reach(item, "management_endpoint", "oci_kms_vault"), resolver.expression(item, "management_endpoint"))
    else {
        return Fact::unknown("the plan's configuration does not tell which vault the key is in");
    };
    let step = resolver.step("management_endpoint", expression);
    let unknown = |why: String| Fact::unknown(why).with_trail(vec![step.clone()]);
    let decided = reach.decided_by.map(|text| format!("it depends on `{text}`"));
    if let Some(why) = reach.blocked.or(decided) {
        return unknown(format!("the vault's management endpoint cannot be followed: {why}"));
    }
    let mut same: Vec<&Vault> = Vec::new();
    for reference in &reach.found {
        let meant = vaults.iter().filter(|vault| vault.address.as_ref().is_some_and(|address| means(reference, address)));
        for vault in meant {
            if vault.kind.is_some() || !reference.data {
                same.push(vault);
                continue;
            }
            // A data source that will be read after apply: of which vault, its own argument may tell.
            match data_source(vault, vaults, resolver) {
                Some(found) => same.extend(found),
                None => return unknown(format!("`{}` is read only after apply", vault.name)),
            }
        }
    }
    let name = if let [one] = same.as_slice() { Some(one.id.clone().unwrap_or_else(|| one.name.clone())) } else { None };
    key.vault = key.vault.take().or(name);
    if same.is_empty() {
        return unknown("the vault that `management_endpoint` refers to is not part of the plan".to_owned());
    }
    agreed(&same, vec![step.clone()]).unwrap_or_else(|| {
        if same.iter().any(|vault| vault.kind.is_none()) {
            unknown("the type of the vault is known only after apply".to_owned())
        } else {
            unknown("`management_endpoint` may come from vaults of different types".to_owned())
        }
    })
}

/// The vaults in this plan that a data source looks up.
fn data_source<'v>(vault: &Vault, vaults: &'v [Vault], resolver: &Resolver) -> Option<Vec<&'v Vault>> {
    if let Some(id) = &vault.id {
        let same: Vec<&Vault> = vaults.iter().filter(|other| other.kind.is_some() && other.id.as_ref() == Some(id)).collect();
        return (!same.is_empty()).then_some(same);
    }
    let reach = resolver.reach_at(vault.address.as_ref()?, "vault_id", "oci_kms_vault")?;
    if reach.blocked.is_some() || reach.decided_by.is_some() || reach.found.iter().any(|reference| reference.data) {
        return None;
    }
    let meant = vaults.iter().filter(|other| other.address.as_ref().is_some_and(|address| reach.found.iter().any(|it| means(it, address))));
    let meant: Vec<&Vault> = meant.collect();
    (!meant.is_empty()).then_some(meant)
}

/// The type that all of these vaults have.
fn agreed(vaults: &[&Vault], mut trail: Vec<Step>) -> Option<Fact<VaultType>> {
    let (first, rest) = vaults.split_first()?;
    let kind = first.kind.clone()?;
    if rest.iter().any(|vault| vault.kind.as_ref() != Some(&kind)) {
        return None;
    }
    trail.push(Step::new(first.place.clone(), format!("type of `{}`", first.name)));
    let sensitive = vaults.iter().any(|vault| vault.sensitive);
    Some(Fact { sensitive, ..Fact::known(kind).with_trail(trail) })
}

/// An endpoint without scheme and slashes: people and Oracle's examples write it with and without.
fn bare(endpoint: &str) -> String {
    let endpoint = endpoint.trim().to_ascii_lowercase();
    endpoint.trim_start_matches("https://").trim_end_matches('/').to_owned()
}

fn place_of(key: &KeyFacts, pointer: &str, node: &Node) -> Place {
    place(&key.id.root, pointer, node.spot)
}
