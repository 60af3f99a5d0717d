//! What else the configuration says of a key: the vault it is in, its versions and what makes the next one, who issues certificates with it.

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
use crate::terraform::world::instance::{Instance, Visit, address};
use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;
use std::sync::Arc;

/// How many hops a vault is followed: data source to resource, through modules.
const MAX_HOPS: usize = 16;

/// Key versions and authorities of a root, by the address of their key.
#[derive(Default)]
pub(crate) struct Relations {
    versions: HashMap<Arc<str>, Vec<DeclaredVersion>>,
    authorities: HashMap<Arc<str>, Vec<CaUse>>,
    imports: Imports,
    maybe_rotated: PossibleKeys,
    maybe_used: PossibleKeys,
    vaults: RefCell<HashMap<Arc<ResourceRef>, KeyVault>>,
}

#[derive(Clone)]
struct DeclaredVersion {
    version: KeyVersion,
    is_symbolic: bool,
    made: schedule::SchedulesFound,
}

/// Keys that something may belong to, and why that is unknown.
#[derive(Default)]
struct PossibleKeys {
    /// By the key's address.
    some: HashMap<Arc<str>, Reason>,
    /// Set where it may be any key.
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
            refusals::of_visit(&reader, &visit);
            relations.version(walk, &visit);
        });
        walk.visit_all(&kinds::AUTHORITY.into(), &mut |visit| relations.authority(walk.world, &visit));
        relations
    }

    fn authority(&mut self, world: &World<'_>, visit: &Visit<'_>) {
        let id = address(visit.at, false, &visit.of.kind, &visit.of.name, visit.key.as_ref());
        let unclear = |why: &Reason| why.reworded(format!("the key that `{id}` uses is unknown: {why}"));
        match keys_of(world, visit, "kms_key_id") {
            ReferredKeys::These(keys) => {
                for key in keys {
                    if let Some(why) = may_not_exist(visit, &key, &id) {
                        self.maybe_used.add(vec![key], &why);
                        continue;
                    }
                    let used = CaUse { id: id.clone(), place: Some(Place::Source(visit.block.header)) };
                    self.authorities.entry(key).or_default().push(used);
                }
            }
            ReferredKeys::OneOf(keys, why) => self.maybe_used.add(keys, &unclear(&why)),
            ReferredKeys::Any(why) => drop(self.maybe_used.any.get_or_insert_with(|| unclear(&why))),
        }
    }

    fn version(&mut self, walk: &InstanceWalk<'_>, visit: &Visit<'_>) {
        let world = walk.world;
        let id = address(visit.at, false, &visit.of.kind, &visit.of.name, visit.key.as_ref());
        let made = schedule::of(world, visit);
        if let Some(error) = &made.refused {
            walk.problems.add_refused(error);
        }
        // Whatever the limit is, a longer period is beyond it.
        let may_rotate =
            made.unsure.is_some() || made.schedules.iter().any(|schedule| schedule.period_days.is_none_or(|days| days <= 366.0));
        let unclear = |why: &Reason| why.reworded(format!("the key that `{id}` belongs to is unknown: {why}"));
        match keys_of(world, visit, "key_id") {
            ReferredKeys::These(keys) => {
                let place = Some(Place::Source(visit.block.header));
                let version = KeyVersion { id: id.clone(), place, time_created: None, is_current: None, is_auto_rotated: None };
                for key in keys {
                    let mut made = made.clone();
                    if let Some(why) = may_not_exist(visit, &key, &id).filter(|_| !made.by_instances) {
                        made.schedules.clear();
                        made.unsure = made.unsure.or(may_rotate.then_some(why));
                    }
                    let version = DeclaredVersion { version: version.clone(), is_symbolic: visit.symbolic.is_some(), made };
                    self.versions.entry(key).or_default().push(version);
                }
            }
            ReferredKeys::OneOf(keys, why) if may_rotate => self.maybe_rotated.add(keys, &unclear(&why)),
            ReferredKeys::Any(why) if may_rotate => drop(self.maybe_rotated.any.get_or_insert_with(|| unclear(&why))),
            ReferredKeys::OneOf(..) | ReferredKeys::Any(_) => {}
        }
    }

    /// Fills in the vault that a key is in.
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

    /// Fills in what is related to a key, by its address.
    pub(super) fn relate(&self, facts: &mut KeyFacts) {
        let address = facts.id.address.as_str();
        let mut known = HashSet::new();
        for version in self.versions.get(address).into_iter().flatten() {
            // A version that may or may not come to be is none yet; a schedule is one however many versions it makes at first.
            if !version.is_symbolic || facts.symbolic.is_some() {
                facts.versions.push(version.version.clone());
            }
            for schedule in &version.made.schedules {
                if known.insert((&schedule.driver, schedule.form, &schedule.version)) {
                    facts.schedules.push(schedule.clone());
                }
            }
            if facts.schedules_unsure.is_none() {
                facts.schedules_unsure.clone_from(&version.made.unsure);
                facts.is_schedule_rejected = version.made.is_refused;
            }
            if facts.idle_schedule.is_none() {
                facts.idle_schedule.clone_from(&version.made.idle);
            }
        }
        if facts.schedules_unsure.is_none() {
            facts.schedules_unsure = self.maybe_rotated.why(address);
        }
        if let Some(address) = &facts.address {
            facts.imported = self.imports.of(address);
        }
        facts.authorities = self.authorities.get(address).cloned().unwrap_or_default();
        facts.authorities_unsure = self.maybe_used.why(address);
    }

    /// The vault of an endpoint: what is written, and its value.
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
            search.expression(expr, &reader.frame());
            if !search.lost {
                vault = self.agreeing(reader, search.found.iter().map(|origin| (origin, None)), 0);
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
            by_caller(&mut vault.kind, || reader.input(expr, &[]));
        }
        vault
    }

    /// The vault that a value leads to.
    fn vault(&self, reader: &BlockReader<'_>, value: &Value, hops: usize) -> Option<KeyVault> {
        let unknown = value.as_unknown()?;
        if let Some(origin) = &unknown.origin {
            return self.vault_of(reader, origin, hops);
        }
        let mut cases = Vec::new();
        for possible in unknown.possible.iter() {
            cases.push((self.vault(reader, &possible.value, hops)?, possible.when.to_string()));
        }
        agree(cases)
    }

    fn agreeing<'o>(
        &self,
        reader: &BlockReader<'_>,
        origins: impl Iterator<Item = (&'o Arc<ResourceRef>, Option<String>)>,
        hops: usize,
    ) -> Option<KeyVault> {
        let mut cases = Vec::new();
        for (origin, when) in origins {
            cases.push((self.vault_of(reader, origin, hops)?, when.unwrap_or_default()));
        }
        agree(cases)
    }

    /// The vault that an attribute of a resource leads to.
    fn vault_of(&self, reader: &BlockReader<'_>, origin: &Arc<ResourceRef>, hops: usize) -> Option<KeyVault> {
        if hops > MAX_HOPS {
            return None;
        }
        if let Some(vault) = self.vaults.borrow().get(origin) {
            return Some(vault.clone());
        }
        let address = Address::parse(&origin.address)?;
        let (at, of, _, each) = locate(reader.world, &address)?;
        let module = Arc::clone(&at.module);
        let declared = if of.data { &module.data } else { &module.managed };
        let block = declared.get(&of.kind)?.get(&of.name)?;
        let own = BlockReader { world: reader.world, at: &at, each: &each, problems: reader.problems };
        let vault = match (of.data, &*of.kind) {
            (false, kinds::VAULT) => {
                let attribute = block.body.attribute("vault_type");
                let refusals = refusals::of_block(&own, &of.kind, &of.name, block);
                let mut kind = own.text(attribute, &[], |text| (!text.is_empty()).then(|| VaultType::read(text)));
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
                let id = block.body.attribute("vault_id").and_then(|id| own.value(&id.value, &[]).ok());
                let followed = id.as_ref().and_then(|id| self.vault(reader, id, hops + 1));
                followed.unwrap_or_else(|| service_only(&origin.address, block.header, id.as_ref().and_then(Value::as_str)))
            }
            (true, _) => service_only(&origin.address, block.header, None),
            _ => return None,
        };
        self.vaults.borrow_mut().insert(Arc::clone(origin), vault.clone());
        Some(vault)
    }
}

fn service_only(address: &str, header: crate::base::Span, ocid: Option<&str>) -> KeyVault {
    let fact = Fact::unknown(format!("the type of the vault that `{address}` looks up is known only to the service"));
    let trail = vec![Step::new(Place::Source(header), "the key's vault is looked up here")];
    KeyVault { kind: fact.with_trail(trail), name: ocid.map(str::to_owned) }
}

/// One answer out of several vaults: theirs, where they agree.
fn agree(cases: Vec<(KeyVault, String)>) -> Option<KeyVault> {
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

/// What the caller of a library may set is only a default.
fn by_caller(fact: &mut Fact<VaultType>, input: impl FnOnce() -> String) {
    if let Claim::Known(value) = &fact.claim {
        let input = input();
        let why = Reason::caller_may_set(&input);
        fact.claim = Claim::unknown(why, Bounds::Default { value: Some(value.clone()), input });
    }
}

/// Why something that certainly belongs to a key may not exist: it represents instances that may never exist, and the key does not.
fn may_not_exist(visit: &Visit<'_>, key: &str, id: &str) -> Option<Reason> {
    let symbolic = visit.symbolic.as_ref().filter(|_| !key.ends_with("[\"*\"]") && !key.contains("[\"*\"]."))?;
    Some(symbolic.why.reworded(format!("whether `{id}` exists is unknown: {}", symbolic.why)))
}

/// A step to an endpoint that is not a vault's management endpoint. Not where the value may not be shown: the label would say what it is.
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
    // A literal OCID is not a key of this configuration.
    if !value.is_unknown() {
        return ReferredKeys::These(Vec::new());
    }
    let why = value.why_dependent();
    let mut found = Vec::new();
    let is_certain = if gather(&value, &mut found, &mut HashSet::new()) && !found.is_empty() {
        value.as_unknown().is_some_and(|unknown| unknown.origin.is_some() || unknown.possible.iter().all(|case| case.value.is_unknown()))
    } else {
        found.clear();
        let mut search = ReferenceSearch::new(world);
        search.expression(&attribute.value, &frame);
        if search.lost || search.found.is_empty() {
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

/// Adds the origins of all unknown parts of a value that are not known yet; false where one has none.
fn gather(value: &Value, found: &mut Vec<Arc<ResourceRef>>, known: &mut HashSet<Arc<ResourceRef>>) -> bool {
    let Some(unknown) = value.as_unknown() else { return value.children().all(|child| gather(child, found, known)) };
    match &unknown.origin {
        Some(origin) => {
            if known.insert(Arc::clone(origin)) {
                found.push(Arc::clone(origin));
            }
            true
        }
        None => !unknown.possible.is_empty() && unknown.possible.iter().all(|possible| gather(&possible.value, found, known)),
    }
}

/// Finds what an unknown value was made of where functions stand between: `join("", module.vault[*].endpoint)`.
struct ReferenceSearch<'w> {
    world: &'w World<'w>,
    found: Vec<Arc<ResourceRef>>,
    /// The same, to be looked up.
    known: HashSet<Arc<ResourceRef>>,
    /// Whether a part of the value comes from somewhere that is not an attribute.
    lost: bool,
    depth: usize,
}

impl<'w> ReferenceSearch<'w> {
    fn new(world: &'w World<'w>) -> Self {
        Self { world, found: Vec::new(), known: HashSet::new(), lost: false, depth: 0 }
    }

    fn expression(&mut self, expr: &Expr, frame: &Frame<'_>) {
        self.depth += 1;
        if self.depth > MAX_HOPS {
            self.lost = true;
            return;
        }
        match frame.eval(expr) {
            Ok(value) => {
                let before = self.found.len();
                if !gather(&value, &mut self.found, &mut self.known) {
                    for origin in self.found.drain(before..) {
                        self.known.remove(&origin);
                    }
                    self.inside(expr, frame);
                }
            }
            Err(_) => self.lost = true,
        }
        self.depth -= 1;
    }

    fn inside(&mut self, expr: &Expr, frame: &Frame<'_>) {
        match &expr.kind {
            ExprKind::Parens(_) | ExprKind::Call { .. } | ExprKind::Template(_) => {
                // One part that is lost is enough: an expression may have thousands, and thousands of instances.
                expr.children(&mut |child| {
                    if !self.lost {
                        self.expression(child, frame);
                    }
                });
            }
            ExprKind::Traversal(base, _) if !matches!(base.kind, ExprKind::Variable(_)) => self.expression(base, frame),
            ExprKind::Traversal(base, steps) => {
                let (ExprKind::Variable(first), [TraversalStep::Attr(name), rest @ ..]) = (&base.kind, steps.as_slice()) else {
                    self.lost = true;
                    return;
                };
                self.definition(Subject::of(first, Some(&name.text), None), rest, frame);
            }
            _ => self.lost = true,
        }
    }

    /// Goes on where a name is defined.
    fn definition(&mut self, subject: Subject<'_>, rest: &[TraversalStep], frame: &Frame<'_>) {
        let at = frame.at;
        match (subject, rest) {
            (Subject::Local(name), []) => {
                if let Some(local) = at.module.locals.get(name) {
                    return self.expression(&local.value, &Frame::of_module(self.world, at));
                }
            }
            (Subject::Variable(name), []) => {
                if let Some((parent, call)) = &at.parent
                    && let Some(argument) = parent.module.calls.get(call).and_then(|call| call.body.attribute(name))
                {
                    return self.expression(&argument.value, &Frame::new(self.world, parent, &at.each));
                }
            }
            (Subject::Call(name), [.., TraversalStep::Attr(output)]) if rest.len() <= 2 => {
                if let Some(child) = self.only_child(at, name)
                    && let Some(value) = child.module.outputs.get(&output.text).and_then(|output| output.body.attribute("value"))
                {
                    return self.expression(&value.value, &Frame::of_module(self.world, &child));
                }
            }
            _ => {}
        }
        self.lost = true;
    }

    fn only_child(&self, at: &Rc<Instance>, name: &Arc<str>) -> Option<Rc<Instance>> {
        let call = at.module.calls.get(name)?;
        let expansion = expand::call(self.world, at, name, call).ok()?;
        let keys = expansion.keys();
        let [key] = keys.as_slice() else { return None };
        descend::child(self.world, at, name, call, key.as_ref(), expansion.each(key.as_ref())?).ok()
    }
}
