//! The type of the vault that a key is in. A key has no argument that names its vault, only the vault's management endpoint.

use super::items::DocumentResource;
use super::named::PositionsByName;
use super::node::Node;
use super::resolve::Resolver;
use super::values::ValueAt;
use crate::base::{Address, Fact, Place, Reason, Step};
use crate::key::{KeyFacts, ListedResources, PlannedAction, VaultType, kinds};
use std::cell::RefCell;
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;

/// Why the vaults that a reference matches were not looked for.
const TOO_MANY: &str = "the vault's management endpoint may come from too many vaults to check each of them";

/// A vault in a plan or a state.
#[derive(Debug)]
pub(super) struct PlannedVault {
    /// Its address, or its OCID if it is one of several that a data source lists.
    name: String,
    address: Option<Address>,
    id: Option<String>,
    endpoint: Option<String>,
    kind: Option<VaultType>,
    sensitive: bool,
    place: Place,
}

impl PlannedVault {
    /// Adds it to `listed` under its address and its OCID.
    pub(super) fn list(&self, listed: &mut ListedResources) {
        for name in [Some(&self.name), self.id.as_ref()].into_iter().flatten() {
            listed.add_vault(name, self.kind.clone());
        }
    }
}

/// The vaults of a list of resources. Vaults that will be deleted are included, for the keys that are deleted with them.
pub(super) fn find(file: &Arc<str>, items: &[DocumentResource]) -> Vec<PlannedVault> {
    let mut found = Vec::new();
    for item in items {
        match (item.data, item.kind.as_str()) {
            (_, kinds::VAULT) => found.push(vault(file, item)),
            (true, "oci_kms_vaults") => {
                if let ValueAt::Value { node, pointer, sensitive } = item.values.at(&["vaults"]) {
                    let listed = node.elements().iter().enumerate();
                    found.extend(listed.map(|(index, node)| listed_vault(file, item, node, &format!("{pointer}/{index}"), sensitive)));
                }
            }
            _ => {}
        }
    }
    found
}

fn vault(file: &Arc<str>, item: &DocumentResource) -> PlannedVault {
    let text = |name: &str| item.values.text(&[name]).map(str::to_owned);
    let (place, sensitive) = match item.values.at(&["vault_type"]) {
        ValueAt::Value { node, pointer, sensitive } => (node.position.place(file, &pointer), sensitive),
        _ => (item.position.place(file, &item.pointer), false),
    };
    PlannedVault {
        name: item.address.clone(),
        address: item.parsed.clone(),
        id: text("id").or_else(|| text("vault_id").filter(|_| item.data)),
        endpoint: text("management_endpoint"),
        kind: text("vault_type").map(|kind| VaultType::read(&kind)),
        sensitive,
        place,
    }
}

fn listed_vault(file: &Arc<str>, item: &DocumentResource, node: &Node, pointer: &str, sensitive: bool) -> PlannedVault {
    let text = |name: &str| node.get(name).and_then(Node::text).filter(|text| !text.is_empty()).map(str::to_owned);
    PlannedVault {
        name: text("id").unwrap_or_else(|| item.address.clone()),
        address: None,
        id: text("id"),
        endpoint: text("management_endpoint"),
        kind: text("vault_type").map(|kind| VaultType::read(&kind)),
        sensitive,
        place: node.get("vault_type").unwrap_or(node).position.place(file, &format!("{pointer}/vault_type")),
    }
}

/// The vaults of a document, by everything that keys refer to them by.
pub(super) struct Vaults<'v> {
    all: &'v [PlannedVault],
    ids: HashMap<&'v str, VaultGroup<'v>>,
    /// Only the vaults whose type is known.
    typed_ids: HashMap<&'v str, VaultGroup<'v>>,
    endpoints: HashMap<String, VaultGroup<'v>>,
    named: PositionsByName,
    /// The vaults of each reference looked up so far: most keys refer to the same vaults.
    resolved: RefCell<HashMap<Address, Result<Option<VaultGroup<'v>>, Reason>>>,
}

/// Vaults that a key may be in, reduced to what keys need to know about them.
#[derive(Clone, Copy)]
struct VaultGroup<'v> {
    first: &'v PlannedVault,
    /// The index of the first among all vaults.
    at: usize,
    is_one: bool,
    /// Whether all of them have the first one's type.
    has_common_type: bool,
    /// Whether the type of at least one of them is unknown.
    has_unknown: bool,
    is_sensitive: bool,
}

impl<'v> VaultGroup<'v> {
    fn of(at: usize, vault: &'v PlannedVault) -> Self {
        let has_unknown = vault.kind.is_none();
        Self { first: vault, at, is_one: true, has_common_type: true, has_unknown, is_sensitive: vault.sensitive }
    }

    fn merge(self, other: Self) -> Self {
        Self {
            is_one: self.is_one && other.is_one && self.at == other.at,
            has_common_type: self.has_common_type && other.has_common_type && self.first.kind == other.first.kind,
            has_unknown: self.has_unknown || other.has_unknown,
            is_sensitive: self.is_sensitive || other.is_sensitive,
            ..self
        }
    }

    fn name(&self) -> &'v str {
        self.first.id.as_deref().unwrap_or(&self.first.name)
    }

    /// The type of these vaults, if they all have the same.
    fn common_type(&self, mut trail: Vec<Step>) -> Option<Fact<VaultType>> {
        let kind = self.first.kind.clone().filter(|_| self.has_common_type)?;
        trail.push(Step::new(self.first.place.clone(), format!("type of `{}`", self.first.name)));
        Some(Fact { sensitive: self.is_sensitive, ..Fact::known(kind).with_trail(trail) })
    }
}

/// Merges groups into one.
fn merge_all<'v>(groups: impl Iterator<Item = VaultGroup<'v>>) -> Option<VaultGroup<'v>> {
    groups.reduce(VaultGroup::merge)
}

fn add<'v, K: Eq + Hash>(groups: &mut HashMap<K, VaultGroup<'v>>, key: K, vault: VaultGroup<'v>) {
    groups.entry(key).and_modify(|group| *group = group.merge(vault)).or_insert(vault);
}

impl<'v> Vaults<'v> {
    pub(super) fn new(all: &'v [PlannedVault]) -> Self {
        let (mut ids, mut typed_ids, mut endpoints) = (HashMap::new(), HashMap::new(), HashMap::new());
        for (at, vault) in all.iter().enumerate() {
            let group = VaultGroup::of(at, vault);
            if let Some(id) = vault.id.as_deref() {
                add(&mut ids, id, group);
                if vault.kind.is_some() {
                    add(&mut typed_ids, id, group);
                }
            }
            if let Some(endpoint) = &vault.endpoint {
                add(&mut endpoints, normalize_endpoint(endpoint), group);
            }
        }
        let named = PositionsByName::new(all.iter().enumerate().filter_map(|(at, vault)| Some((at, vault.address.as_ref()?))));
        Self { all, ids, typed_ids, endpoints, named, resolved: RefCell::default() }
    }

    /// Finds the vault of a key and its type.
    pub(super) fn settle(&self, key: &mut KeyFacts, item: &DocumentResource, resolver: Option<&Resolver>) {
        // An existing key has the OCID of its vault.
        if let Some(id) = item.values.text(&["vault_id"]) {
            key.vault = Some(id.to_owned());
            if let Some(fact) = self.ids.get(id).and_then(|same| same.common_type(Vec::new())) {
                key.vault_type = fact;
                return;
            }
        }
        if let ValueAt::Value { node, pointer, .. } = item.values.at(&["management_endpoint"]) {
            let same = self.endpoints.get(&normalize_endpoint(node.text().unwrap_or_default()));
            let step =
                resolver.and_then(|resolver| Some(resolver.step("management_endpoint", resolver.expression(item, "management_endpoint")?)));
            if let Some((same, fact)) = same.and_then(|same| Some((same, same.common_type(step.into_iter().collect())?))) {
                key.vault.get_or_insert_with(|| same.name().to_owned());
                key.vault_type = fact;
                return;
            }
            let at = Step::new(place_of(key, &pointer, node), "the vault's management endpoint");
            key.vault_type = Fact::unknown("the vault with this management endpoint is unknown here").with_trail(vec![at]);
            return;
        }
        key.vault_type = match resolver {
            Some(resolver) if item.planned_action != PlannedAction::Delete => self.referenced_type(key, item, resolver),
            _ => Fact::unknown("the input does not show which vault the key is in"),
        };
    }

    /// The type of the vaults that `management_endpoint` refers to. The endpoint is known after apply, so it comes from something that is
    /// known after apply; if that can only be vaults of one type, this is the type.
    fn referenced_type(&self, key: &mut KeyFacts, item: &DocumentResource, resolver: &Resolver) -> Fact<VaultType> {
        let (Some(reachable), Some(expression)) =
            (resolver.reachable(item, "management_endpoint", kinds::VAULT), resolver.expression(item, "management_endpoint"))
        else {
            return Fact::unknown("the plan's configuration does not show which vault the key is in");
        };
        let step = resolver.step("management_endpoint", expression);
        let unknown = |why: Reason| Fact::unknown(why).with_trail(vec![step.clone()]);
        let decided = reachable.decided_by.map(|text| format!("it depends on `{text}`"));
        if let Some(why) = reachable.blocked.or(decided) {
            return unknown(format!("the vault's management endpoint cannot be followed: {why}").into());
        }
        let same = reachable.found.iter().map(|reference| self.resolve(reference, resolver)).collect::<Result<Vec<_>, _>>();
        let same = match same {
            Ok(groups) => merge_all(groups.into_iter().flatten()),
            Err(why) => return unknown(why),
        };
        let Some(same) = same else {
            return unknown("the vault that `management_endpoint` refers to is not part of the plan".into());
        };
        key.vault = key.vault.take().or_else(|| same.is_one.then(|| same.name().to_owned()));
        same.common_type(vec![step.clone()]).unwrap_or_else(|| {
            if same.has_unknown {
                unknown("the type of the vault is known only after apply".into())
            } else {
                unknown("`management_endpoint` may come from vaults of different types".into())
            }
        })
    }

    /// The vaults that a reference resolves to; a data source resolves to the vaults that it looks up. The error is the reason why they are
    /// unknown.
    fn resolve(&self, reference: &Address, resolver: &Resolver) -> Result<Option<VaultGroup<'v>>, Reason> {
        if let Some(known) = self.resolved.borrow().get(reference) {
            return known.clone();
        }
        let found = self.look_up(reference, resolver);
        self.resolved.borrow_mut().insert(reference.clone(), found.clone());
        found
    }

    fn look_up(&self, reference: &Address, resolver: &Resolver) -> Result<Option<VaultGroup<'v>>, Reason> {
        let matching = self.matching(reference).ok_or_else(|| TOO_MANY.to_owned())?;
        let mut same = Vec::new();
        for vault in matching {
            if vault.first.kind.is_some() || !reference.data {
                same.push(vault);
                continue;
            }
            // The data source is read after apply; its own argument may show which vault it looks up.
            let found = self.looked_up_by(vault.first, resolver);
            same.push(found.ok_or_else(|| format!("`{}` is read only after apply", vault.first.name))?);
        }
        Ok(merge_all(same.into_iter()))
    }

    /// The vaults that a reference matches, each as a separate group; `None` if there are too many to check.
    fn matching(&self, reference: &Address) -> Option<Vec<VaultGroup<'v>>> {
        let found = self.named.matching(reference, usize::MAX)?;
        Some(found.into_iter().filter_map(|at| Some(VaultGroup::of(at, self.all.get(at)?))).collect())
    }

    /// The vaults in this plan that this data source looks up.
    fn looked_up_by(&self, vault: &PlannedVault, resolver: &Resolver) -> Option<VaultGroup<'v>> {
        if let Some(id) = &vault.id {
            return self.typed_ids.get(id.as_str()).copied();
        }
        let reachable = resolver.reachable_at(vault.address.as_ref()?, "vault_id", kinds::VAULT)?;
        if reachable.blocked.is_some() || reachable.decided_by.is_some() || reachable.found.iter().any(|reference| reference.data) {
            return None;
        }
        let groups = reachable.found.iter().map(|reference| self.resolve(reference, resolver).ok()).collect::<Option<Vec<_>>>()?;
        let mut groups: Vec<VaultGroup<'v>> = groups.into_iter().flatten().collect();
        groups.sort_by_key(|group| group.at);
        merge_all(groups.into_iter())
    }
}

/// An endpoint without its scheme and trailing slashes: configurations and Oracle's examples have it with and without.
fn normalize_endpoint(endpoint: &str) -> String {
    let endpoint = endpoint.trim().to_ascii_lowercase();
    endpoint.trim_start_matches("https://").trim_end_matches('/').to_owned()
}

fn place_of(key: &KeyFacts, pointer: &str, node: &Node) -> Place {
    node.position.place(&key.id.root, pointer)
}
