//! The relations of a key to other resources: its vault, its versions and their schedules, and the certificate authorities that use it.

use super::imports::Imports;
use super::refusals;
use super::schedule;
use super::walk::{InstanceWalk, locate};
use crate::base::{Address, Bounds, Case, Claim, Fact, Place, Reason, Step};
use crate::eval::{EvalError, ResourceRef, Value};
use crate::hcl::{Body, Expr, ExprKind, TraversalStep};
use crate::key::{CaUse, KeyFacts, KeyVersion, VaultType, kinds};
use crate::terraform::blocks::subject::Subject;
use crate::terraform::facts::BlockReader;
use crate::terraform::scope::descend;
use crate::terraform::scope::expand;
use crate::terraform::world::World;
use crate::terraform::world::frame::Frame;
use crate::terraform::world::instance::{ModuleInstance, Visit, address};
use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;
use std::sync::Arc;

/// The maximum number of hops when a value is followed: from a data source to a resource, or through modules.
const MAX_HOPS: usize = 16;

/// The relations of all keys of a root.
#[derive(Default)]
pub(crate) struct Relations {
    /// By the address of the key.
    versions: HashMap<Arc<str>, Vec<DeclaredVersion>>,
    /// By the address of the key.
    authorities: HashMap<Arc<str>, Vec<CaUse>>,
    imports: Imports,
    /// The keys that a scheduled key version may belong to.
    possibly_rotated: PossibleKeys,
    /// The keys that a certificate authority may use.
    possibly_used: PossibleKeys,
    vaults: RefCell<HashMap<Arc<ResourceRef>, KeyVault>>,
}

#[derive(Clone)]
struct DeclaredVersion {
    version: KeyVersion,
    is_symbolic: bool,
    schedules: schedule::SchedulesFound,
}

/// The keys that another resource may refer to, and why that is unknown.
#[derive(Default)]
struct PossibleKeys {
    /// By the key's address.
    some: HashMap<Arc<str>, Reason>,
    /// Set if it may be any key.
    any: Option<Reason>,
}

impl PossibleKeys {
    fn add(&mut self, keys: Vec<Arc<str>>, why: &Reason) {
        for key in keys {
            self.some.entry(key).or_insert_with(|| why.clone());
        }
    }

    fn why(&self, key: &str) -> Option<Reason> {
        self.some.get(key).or(self.any.as_ref()).cloned()
    }
}

/// The keys that an argument refers to.
enum ReferredKeys {
    /// Exactly these.
    These(Vec<Arc<str>>),
    /// One of these, for this reason.
    OneOf(Vec<Arc<str>>, Reason),
    /// Any, for this reason.
    Any(Reason),
}

/// The vault of an endpoint.
#[derive(Clone)]
struct KeyVault {
    kind: Fact<VaultType>,
    name: Option<String>,
}

impl Relations {
    /// Reads the relations of a root.
    pub(crate) fn read(walk: &InstanceWalk<'_>) -> Self {
        let mut relations = Self { imports: Imports::read(walk.world), ..Self::default() };
        walk.visit_all(&kinds::KEY_VERSION.into(), &mut |visit| {
            let reader = BlockReader { world: walk.world, at: visit.at, each: &visit.each, problems: walk.problems };
            refusals::check_visit(&reader, &visit);
            relations.add_version(walk, &visit);
        });
        walk.visit_all(&kinds::AUTHORITY.into(), &mut |visit| relations.add_authority(walk.world, &visit));
        relations
    }

    fn add_authority(&mut self, world: &World<'_>, visit: &Visit<'_>) {
        let id = address(visit.at, false, &visit.resource.kind, &visit.resource.name, visit.key.as_ref());
        let unknown_key = |why: &Reason| why.reworded(format!("the key that `{id}` uses is unknown: {why}"));
        match keys_of(world, visit, "kms_key_id") {
            ReferredKeys::These(keys) => {
                for key in keys {
                    if let Some(why) = may_not_exist(visit, &key, &id) {
                        self.possibly_used.add(vec![key], &why);
                        continue;
                    }
                    let used = CaUse { id: id.clone(), place: Some(Place::Source(visit.block.header)) };
                    self.authorities.entry(key).or_default().push(used);
                }
            }
            ReferredKeys::OneOf(keys, why) => self.possibly_used.add(keys, &unknown_key(&why)),
            ReferredKeys::Any(why) => drop(self.possibly_used.any.get_or_insert_with(|| unknown_key(&why))),
        }
    }

    fn add_version(&mut self, walk: &InstanceWalk<'_>, visit: &Visit<'_>) {
        let world = walk.world;
        let id = address(visit.at, false, &visit.resource.kind, &visit.resource.name, visit.key.as_ref());
        let found = schedule::find(world, visit);
        if let Some(error) = &found.refused {
            walk.problems.add_refused(error);
        }
        // A period of more than a year is too long whatever limit is configured.
        let may_rotate =
            found.unsure.is_some() || found.schedules.iter().any(|schedule| schedule.period_days.is_none_or(|days| days <= 366.0));
        let unknown_key = |why: &Reason| why.reworded(format!("the key that `{id}` belongs to is unknown: {why}"));
        match keys_of(world, visit, "key_id") {
            ReferredKeys::These(keys) => {
                let place = Some(Place::Source(visit.block.header));
                let version = KeyVersion { id: id.clone(), place, time_created: None, is_current: None, is_auto_rotated: None };
                for key in keys {
                    let mut schedules = found.clone();
                    if let Some(why) = may_not_exist(visit, &key, &id).filter(|_| !schedules.by_instances) {
                        schedules.schedules.clear();
                        schedules.unsure = schedules.unsure.or(may_rotate.then_some(why));
                    }
                    let version = DeclaredVersion { version: version.clone(), is_symbolic: visit.symbolic.is_some(), schedules };
                    self.versions.entry(key).or_default().push(version);
                }
            }
            ReferredKeys::OneOf(keys, why) if may_rotate => self.possibly_rotated.add(keys, &unknown_key(&why)),
            ReferredKeys::Any(why) if may_rotate => drop(self.possibly_rotated.any.get_or_insert_with(|| unknown_key(&why))),
            ReferredKeys::OneOf(..) | ReferredKeys::Any(_) => {}
        }
    }

    /// Sets the facts about a key's vault.
    pub(super) fn find_vault(&self, reader: &BlockReader<'_>, body: &Body, facts: &mut KeyFacts) {
        let endpoint = body.attribute("management_endpoint").map(|endpoint| (&endpoint.value, reader.value(&endpoint.value, &[])));
        let vault = endpoint.as_ref().map_or_else(
            || KeyVault { kind: Fact::unknown("`management_endpoint` is not set"), name: None },
            |(expr, value)| self.vault_of_reference(reader, expr, value),
        );
        facts.vault_type = vault.kind;
        facts.vault = vault.name;
        facts.wrong_endpoint = endpoint.and_then(|(expr, value)| wrong_endpoint_step(expr, &value.ok()?)).map(Box::new);
    }

    /// Adds the versions, schedules, imports and authorities of a key to its facts.
    pub(super) fn add_to(&self, facts: &mut KeyFacts) {
        let address = facts.id.address.as_str();
        let mut known = HashSet::new();
        for version in self.versions.get(address).into_iter().flatten() {
            // A version that may not exist does not count as a version, but its schedule counts.
            if !version.is_symbolic || facts.symbolic.is_some() {
                facts.versions.push(version.version.clone());
            }
            for schedule in &version.schedules.schedules {
                if known.insert((&schedule.driver, schedule.form, &schedule.version)) {
                    facts.schedules.push(schedule.clone());
                }
            }
            if facts.schedules_unsure.is_none() {
                facts.schedules_unsure.clone_from(&version.schedules.unsure);
                facts.is_schedule_rejected = version.schedules.is_refused;
            }
            if facts.idle_schedule.is_none() {
                facts.idle_schedule.clone_from(&version.schedules.idle);
            }
        }
        if facts.schedules_unsure.is_none() {
            facts.schedules_unsure = self.possibly_rotated.why(address);
        }
        if let Some(address) = &facts.address {
            facts.imported = self.imports.imported(address);
        }
        facts.authorities = self.authorities.get(address).cloned().unwrap_or_default();
        facts.authorities_unsure = self.possibly_used.why(address);
    }

    /// The vault of an endpoint, given its expression and value.
    fn vault_of_reference(&self, reader: &BlockReader<'_>, expr: &Expr, value: &Result<Value, EvalError>) -> KeyVault {
        let first = || Step::new(Place::Source(expr.span), "the key's vault is named here");
        let value = match value {
            Ok(value) => value,
            Err(error) => {
                reader.problems.add_refused(error);
                let fact = Fact::rejected(format!("Terraform would reject `management_endpoint`: {}", error.message));
                return KeyVault { kind: fact.with_trail(vec![first()]), name: None };
            }
        };
        let mut vault = self.vault(reader, value, 0);
        if vault.is_none() && value.is_unknown() {
            let mut search = ReferenceSearch::new(reader.world);
            search.search(expr, &reader.frame());
            if !search.is_incomplete {
                vault = self.vault_of_all(reader, search.found.iter().map(|origin| (origin, None)), 0);
            }
        }
        let mut vault = vault.unwrap_or_else(|| {
            let why = match value.why() {
                Some(why) => why.reworded(format!("the key's vault is unknown: {why}")),
                None => "the endpoint is a literal, which does not show the type of its vault".into(),
            };
            let mut trail = vec![first()];
            trail.extend(value.steps().cloned());
            KeyVault { kind: Fact::unknown(why).with_trail(trail), name: None }
        });
        if value.marks.by_caller {
            make_default(&mut vault.kind, || reader.input(expr, &[]));
        }
        vault
    }

    /// The vault that an endpoint or OCID belongs to.
    fn vault(&self, reader: &BlockReader<'_>, value: &Value, hops: usize) -> Option<KeyVault> {
        let unknown = value.as_unknown()?;
        if let Some(origin) = &unknown.origin {
            return self.vault_of(reader, origin, hops);
        }
        let mut cases = Vec::new();
        for possible in unknown.possible.iter() {
            cases.push((self.vault(reader, &possible.value, hops)?, possible.when.to_string()));
        }
        combine(cases)
    }

    /// The vault that all these attributes of resources belong to.
    fn vault_of_all<'o>(
        &self,
        reader: &BlockReader<'_>,
        origins: impl Iterator<Item = (&'o Arc<ResourceRef>, Option<String>)>,
        hops: usize,
    ) -> Option<KeyVault> {
        let mut cases = Vec::new();
        for (origin, when) in origins {
            cases.push((self.vault_of(reader, origin, hops)?, when.unwrap_or_default()));
        }
        combine(cases)
    }

    /// The vault that an attribute of a resource belongs to.
    fn vault_of(&self, reader: &BlockReader<'_>, origin: &Arc<ResourceRef>, hops: usize) -> Option<KeyVault> {
        if hops > MAX_HOPS {
            return None;
        }
        if let Some(vault) = self.vaults.borrow().get(origin) {
            return Some(vault.clone());
        }
        let address = Address::parse(&origin.address)?;
        let (at, resource, _, each) = locate(reader.world, &address)?;
        let module = Arc::clone(&at.module);
        let resources = if resource.data { &module.data } else { &module.managed };
        let block = resources.get(&resource.kind)?.get(&resource.name)?;
        let vault_reader = BlockReader { world: reader.world, at: &at, each: &each, problems: reader.problems };
        let vault = match (resource.data, &*resource.kind) {
            (false, kinds::VAULT) => {
                let attribute = block.body.attribute("vault_type");
                let refusals = refusals::check_block(&vault_reader, &resource.kind, &resource.name, block);
                let mut kind = vault_reader.text(attribute, &[], |text| (!text.is_empty()).then(|| VaultType::read(text)));
                if kind.is_unset() {
                    let trail = std::mem::take(&mut kind.trail);
                    kind = Fact::unknown(format!("`{}` has no `vault_type`", origin.address)).with_trail(trail);
                }
                refusals.guard("vault_type", &mut kind);
                kind.trail = match &*kind.trail {
                    [first, rest @ ..] => {
                        let first = Step::new(first.place.clone(), "the type of the key's vault");
                        std::iter::once(first).chain(rest.iter().cloned()).collect()
                    }
                    [] => vec![Step::new(Place::Source(block.header), "the key's vault")].into(),
                };
                KeyVault { kind, name: Some(origin.address.to_string()) }
            }
            (true, kinds::VAULT) => {
                let id = block.body.attribute("vault_id").and_then(|id| vault_reader.value(&id.value, &[]).ok());
                let vault = id.as_ref().and_then(|id| self.vault(reader, id, hops + 1));
                vault.unwrap_or_else(|| service_only(&origin.address, block.header, id.as_ref().and_then(Value::as_str)))
            }
            (true, _) => service_only(&origin.address, block.header, None),
            _ => return None,
        };
        self.vaults.borrow_mut().insert(Arc::clone(origin), vault.clone());
        Some(vault)
    }
}

/// A vault that only the service knows.
fn service_only(address: &str, header: crate::base::Span, ocid: Option<&str>) -> KeyVault {
    let fact = Fact::unknown(format!("the type of the vault that `{address}` looks up is known only to the service"));
    let trail = vec![Step::new(Place::Source(header), "the key's vault is looked up here")];
    KeyVault { kind: fact.with_trail(trail), name: ocid.map(str::to_owned) }
}

/// Combines several possible vaults: the known type if they agree, otherwise the possible types.
fn combine(cases: Vec<(KeyVault, String)>) -> Option<KeyVault> {
    let (first, _) = cases.first()?;
    let same = cases.iter().all(|(vault, _)| vault.kind.value().is_some() && vault.kind.value() == first.kind.value());
    if same || cases.len() == 1 {
        let name = first.name.clone().filter(|_| cases.iter().all(|(vault, _)| vault.name == first.name));
        return Some(KeyVault { kind: first.kind.clone(), name });
    }
    let case = |(vault, when): &(KeyVault, String)| Some(Case { value: Some(vault.kind.value()?.clone()), when: when.clone() });
    let bounds = cases.iter().map(case).collect::<Option<Vec<_>>>().map_or(Bounds::Anything, Bounds::OneOf);
    let unknown = cases.iter().find_map(|(vault, _)| vault.kind.as_unknown().map(|unknown| unknown.why.clone()));
    let why = unknown.unwrap_or_else(|| "the key may be in one of several vaults of different types".into());
    let trail: Vec<Step> = cases.iter().flat_map(|(vault, _)| vault.kind.trail.first().cloned()).collect();
    Some(KeyVault { kind: Fact { claim: Claim::unknown(why, bounds), ..Fact::unset() }.with_trail(trail), name: None })
}

/// Turns a known vault type into a default that the caller of a library may change.
fn make_default(fact: &mut Fact<VaultType>, input: impl FnOnce() -> String) {
    if let Claim::Known(value) = &fact.claim {
        let input = input();
        let why = Reason::caller_may_set(&input);
        fact.claim = Claim::unknown(why, Bounds::Default { value: Some(value.clone()), input });
    }
}

/// Why a resource that refers to a key may not exist although the key does: it represents instances that may not exist.
fn may_not_exist(visit: &Visit<'_>, key: &str, id: &str) -> Option<Reason> {
    let symbolic = visit.symbolic.as_ref().filter(|_| !key.ends_with("[\"*\"]") && !key.contains("[\"*\"]."))?;
    Some(symbolic.why.reworded(format!("whether `{id}` exists is unknown: {}", symbolic.why)))
}

/// A trail step for an endpoint that is not a management endpoint. `None` if the value is secret, because the label describes it.
fn wrong_endpoint_step(endpoint: &Expr, value: &Value) -> Option<Step> {
    let what = match (value.as_str(), value.as_unknown().and_then(|unknown| unknown.origin.as_deref())) {
        (Some(url), _) if !value.marks.is_secret() => crate::key::wrong_endpoint(url)?,
        (None, Some(origin)) if &*origin.attribute == "crypto_endpoint" => "the vault's crypto endpoint, not its management endpoint",
        _ => return None,
    };
    let place = value.steps().last().map_or(Place::Source(endpoint.span), |step| step.place.clone());
    Some(Step::new(place, format!("this is {what}")))
}

/// The keys that an argument refers to.
fn keys_of(world: &World<'_>, visit: &Visit<'_>, argument: &str) -> ReferredKeys {
    let Some(attribute) = visit.block.body.attribute(argument) else { return ReferredKeys::These(Vec::new()) };
    let frame = Frame::new(world, visit.at, &visit.each);
    let value = match frame.eval(&attribute.value) {
        Ok(value) => value,
        Err(error) => return ReferredKeys::Any(format!("Terraform would reject its `{argument}`: {}", error.message).into()),
    };
    // A literal OCID does not belong to a key of this configuration.
    if !value.is_unknown() {
        return ReferredKeys::These(Vec::new());
    }
    let why = value.why_dependent();
    let mut found = Vec::new();
    let is_certain = if collect_origins(&value, &mut found, &mut HashSet::new()) && !found.is_empty() {
        value.as_unknown().is_some_and(|unknown| unknown.origin.is_some() || unknown.possible.iter().all(|case| case.value.is_unknown()))
    } else {
        found.clear();
        let mut search = ReferenceSearch::new(world);
        search.search(&attribute.value, &frame);
        if search.is_incomplete || search.found.is_empty() {
            return ReferredKeys::Any(why);
        }
        found = search.found;
        true
    };
    let is_key = |origin: &Arc<ResourceRef>| {
        &*origin.attribute == "id" && Address::parse(&origin.address).is_some_and(|address| !address.data && *address.kind == *kinds::KEY)
    };
    let is_one = found.len() == 1 && is_certain;
    let keys: Vec<Arc<str>> = found.iter().filter(|origin| is_key(origin)).map(|origin| Arc::clone(&origin.address)).collect();
    if is_one { ReferredKeys::These(keys) } else { ReferredKeys::OneOf(keys, why) }
}

/// Adds the origins of all unknown parts of a value, each once. Returns whether every unknown part has one.
fn collect_origins(value: &Value, found: &mut Vec<Arc<ResourceRef>>, known: &mut HashSet<Arc<ResourceRef>>) -> bool {
    let Some(unknown) = value.as_unknown() else { return value.children().all(|child| collect_origins(child, found, known)) };
    match &unknown.origin {
        Some(origin) => {
            if known.insert(Arc::clone(origin)) {
                found.push(Arc::clone(origin));
            }
            true
        }
        None => !unknown.possible.is_empty() && unknown.possible.iter().all(|possible| collect_origins(&possible.value, found, known)),
    }
}

/// Finds the attributes that an unknown value was computed from, also through function calls: `join("", module.vault[*].endpoint)`.
struct ReferenceSearch<'w> {
    world: &'w World<'w>,
    found: Vec<Arc<ResourceRef>>,
    /// The same attributes as a set.
    known: HashSet<Arc<ResourceRef>>,
    /// Whether a part of the value does not come from an attribute.
    is_incomplete: bool,
    depth: usize,
}

impl<'w> ReferenceSearch<'w> {
    fn new(world: &'w World<'w>) -> Self {
        Self { world, found: Vec::new(), known: HashSet::new(), is_incomplete: false, depth: 0 }
    }

    fn search(&mut self, expr: &Expr, frame: &Frame<'_>) {
        self.depth += 1;
        if self.depth > MAX_HOPS {
            self.is_incomplete = true;
            return;
        }
        match frame.eval(expr) {
            Ok(value) => {
                let before = self.found.len();
                if !collect_origins(&value, &mut self.found, &mut self.known) {
                    for origin in self.found.drain(before..) {
                        self.known.remove(&origin);
                    }
                    self.search_children(expr, frame);
                }
            }
            Err(_) => self.is_incomplete = true,
        }
        self.depth -= 1;
    }

    fn search_children(&mut self, expr: &Expr, frame: &Frame<'_>) {
        match &expr.kind {
            ExprKind::Parens(_) | ExprKind::Call { .. } | ExprKind::Template(_) => {
                // Stop at the first part without an attribute: an expression may have thousands of parts and thousands of instances.
                expr.children(&mut |child| {
                    if !self.is_incomplete {
                        self.search(child, frame);
                    }
                });
            }
            ExprKind::Traversal(base, _) if !matches!(base.kind, ExprKind::Variable(_)) => self.search(base, frame),
            ExprKind::Traversal(base, steps) => {
                let (ExprKind::Variable(first), [TraversalStep::Attr(name), rest @ ..]) = (&base.kind, steps.as_slice()) else {
                    self.is_incomplete = true;
                    return;
                };
                self.search_definition(Subject::from_names(first, Some(&name.text), None), rest, frame);
            }
            _ => self.is_incomplete = true,
        }
    }

    /// Continues the search in the definition of a local value, variable or output.
    fn search_definition(&mut self, subject: Subject<'_>, rest: &[TraversalStep], frame: &Frame<'_>) {
        let at = frame.at;
        match (subject, rest) {
            (Subject::Local(name), []) => {
                if let Some(local) = at.module.locals.get(name) {
                    return self.search(&local.value, &Frame::of_module(self.world, at));
                }
            }
            (Subject::Variable(name), []) => {
                if let Some((parent, call)) = &at.parent
                    && let Some(argument) = parent.module.calls.get(call).and_then(|call| call.body.attribute(name))
                {
                    return self.search(&argument.value, &Frame::new(self.world, parent, &at.each));
                }
            }
            (Subject::Call(name), [.., TraversalStep::Attr(output)]) if rest.len() <= 2 => {
                if let Some(child) = self.only_child(at, name)
                    && let Some(value) = child.module.outputs.get(&output.text).and_then(|output| output.body.attribute("value"))
                {
                    return self.search(&value.value, &Frame::of_module(self.world, &child));
                }
            }
            _ => {}
        }
        self.is_incomplete = true;
    }

    fn only_child(&self, at: &Rc<ModuleInstance>, name: &Arc<str>) -> Option<Rc<ModuleInstance>> {
        let call = at.module.calls.get(name)?;
        let expansion = expand::call(self.world, at, name, call).ok()?;
        let keys = expansion.keys();
        let [key] = keys.as_slice() else { return None };
        descend::child(self.world, at, name, call, key.as_ref(), expansion.each(key.as_ref())?).ok()
    }
}
