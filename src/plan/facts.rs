//! From a resource entry to the facts of a key.

use super::items::DocumentResource;
use super::node::{Node, NodeValue};
use super::resolve::{Resolver, Settled};
use super::times;
use super::values::ValueAt;
use crate::base::{self, Fact, Problem, ProblemKind, Step};
use crate::key::{InputKind, KeyFacts, KeyId, Lifecycle, PlannedAction, ProtectionMode, ReplicationRole, RotationStatus, Stage, Symbolic};
use std::collections::BTreeMap;
use std::sync::Arc;

const DETAILS: &str = "auto_key_rotation_details";

/// Reads the attributes of one key into facts.
pub(super) struct PlanFactReader<'a> {
    pub file: &'a Arc<str>,
    pub item: &'a DocumentResource,
    /// The configuration of the plan; states have none.
    pub resolver: Option<&'a Resolver<'a>>,
    pub problems: &'a mut Vec<Problem>,
}

/// Why a value cannot be used.
#[derive(Debug, thiserror::Error)]
enum ValueError {
    /// It is not of this type.
    #[error("is not {0}")]
    Type(&'static str),
    /// The provider does not accept it, for this reason.
    #[error("{0}")]
    Value(String),
}

impl PlanFactReader<'_> {
    /// Reads all facts except those about other resources.
    pub(super) fn read_key(&mut self, input: InputKind) -> KeyFacts {
        let item = self.item;
        let stage = if input == InputKind::State { Stage::Actual } else { Stage::Declared };
        let id = KeyId { root: Arc::clone(self.file), inputs: None, address: item.address.clone(), input };
        let mut key = KeyFacts::new(id, stage, item.planned_action, item.position.place(self.file, &item.pointer));
        key.notes = item.remarks.iter().map(|remark| Step::new(key.place.clone(), remark.as_str())).collect();
        for (message, position, pointer) in &item.faults {
            let problem = Problem::new(ProblemKind::Unparsable, message.clone()).at(position.place(self.file, pointer));
            self.problems.push(problem.help("Create the file again with `terraform show -json`"));
        }
        if item.is_symbolic {
            key.symbolic = Some(Symbolic { why: "their number is known only after another apply".into(), place: None });
        }
        key.protection_mode =
            self.fact(&["protection_mode"], |node| Ok(Some(string(node)?).filter(|w| !w.is_empty()).map(ProtectionMode::read)));
        key.rotation.enabled = self.fact(&["is_auto_rotation_enabled"], boolean);
        // The provider sends a planned 0; in a state, 0 can mean that the argument was never set.
        let interval = if stage == Stage::Declared { number } else { nonzero_number };
        key.rotation.interval_days = self.fact(&[DETAILS, "rotation_interval_in_days"], interval);
        key.rotation.start = self.fact(&[DETAILS, "time_of_schedule_start"], |node| match string(node)? {
            "" => Ok(None),
            text => times::read(text).map(Some).ok_or_else(|| ValueError::Value("is not an RFC 3339 time".to_owned())),
        });
        if let ValueAt::Value { node, pointer, .. } = item.values.at(&[DETAILS])
            && let Some(block) = node.elements().first()
        {
            key.rotation.block = Some(block.position.place(self.file, &format!("{pointer}/0")));
        }
        key.lifecycle = self.lifecycle();
        key.shape.algorithm = self.fact(&["key_shape", "algorithm"], text);
        key.shape.length = self.fact(&["key_shape", "length"], nonzero_number);
        key.shape.curve = self.fact(&["key_shape", "curve_id"], text);
        key.external_key_reference = self.external_key_reference();
        key.restored = self.restored();
        key.wrong_endpoint = self.wrong_endpoint().map(Box::new);
        key.display_name = self.fact(&["display_name"], text);
        key.compartment = self.fact(&["compartment_id"], text);
        key.freeform_tags = self.tags("freeform_tags");
        key.defined_tags = self.tags("defined_tags");
        if matches!(item.values.at(&["is_primary"]), ValueAt::Value { node: Node { value: NodeValue::Bool(false), .. }, .. }) {
            key.replication_role = ReplicationRole::Replica;
        }
        if !matches!(item.planned_action, PlannedAction::Create | PlannedAction::Replace) {
            key.ocid = item.values.text(&["id"]).map(str::to_owned);
            self.times(&mut key);
        }
        key
    }

    /// The fact of an attribute. `read` returns `None` for a zero value.
    fn fact<T>(&mut self, path: &[&str], read: impl Fn(&Node) -> Result<Option<T>, ValueError>) -> Fact<T> {
        let (name, item) = (path.last().copied().unwrap_or_default(), self.item);
        match item.values.at(path) {
            ValueAt::Absent | ValueAt::Null if !item.faults.is_empty() => Fact::unknown("its entry in the file cannot be read"),
            ValueAt::Absent | ValueAt::Null => Fact::unset(),
            ValueAt::Unknown { pointer, position, is_entire_block } => {
                let mut trail = vec![Step::new(position.place(self.file, &pointer), "not known in the plan")];
                let settled = match self.resolver {
                    Some(resolver) => resolver.settle(item, path, is_entire_block),
                    None => Settled::Unknown { why: "known after apply".to_owned(), step: None },
                };
                match settled {
                    Settled::Unset => Fact::unset(),
                    Settled::Unknown { why, step } => {
                        trail.extend(step);
                        Fact::unknown(why).with_trail(trail)
                    }
                }
            }
            ValueAt::Value { node, pointer, sensitive } => {
                let here = node.position.place(self.file, &pointer);
                let label = if self.resolver.is_some() { "planned value" } else { "value in the state" };
                let trail = vec![Step::new(here.clone(), label)];
                let fact = match read(node) {
                    Ok(Some(value)) => Fact::known(value),
                    Ok(None) => Fact::unset(),
                    Err(ValueError::Value(why)) => Fact::unknown(format!("the value of `{name}` {why}")),
                    Err(ValueError::Type(wanted)) => {
                        let message = format!("`{name}` of `{}` is {}; expected {wanted}", item.address, node.kind());
                        self.problems.push(Problem::new(ProblemKind::Unparsable, message).at(here));
                        Fact::unknown(format!("`{name}` is {}; expected {wanted}", node.kind()))
                    }
                };
                Fact { sensitive, ..fact.with_trail(trail) }
            }
        }
    }

    /// The current lifecycle state, or the one that the apply leads to. `desired_state` does not restore a key that is being deleted.
    fn lifecycle(&mut self) -> Fact<Lifecycle> {
        let read = |node: &Node| Ok(Some(string(node)?).filter(|word| !word.is_empty()).map(Lifecycle::read));
        let desired = self.fact(&["desired_state"], read);
        if matches!(self.item.planned_action, PlannedAction::Create | PlannedAction::Replace) {
            return desired;
        }
        let actual =
            if let ValueAt::Unknown { .. } = self.item.values.at(&["state"]) { Fact::unset() } else { self.fact(&["state"], read) };
        match actual.value() {
            Some(state) if state.is_ending() || desired.value().is_none() || self.resolver.is_none() => actual,
            Some(_) => desired,
            None => desired,
        }
    }

    /// `external_key_reference` counts as unset unless the configuration has it: almost no key does, and one that does also has
    /// the mode EXTERNAL.
    fn external_key_reference(&mut self) -> Fact<String> {
        let path = ["external_key_reference", "external_key_id"];
        let is_written = self.resolver.is_none_or(|resolver| resolver.writes_block(self.item, "external_key_reference"));
        if !is_written && matches!(self.item.values.at(&path), ValueAt::Unknown { .. }) {
            return Fact::unset();
        }
        self.fact(&path, text)
    }

    /// Whether the key is restored from a backup.
    fn restored(&self) -> Fact<bool> {
        let mut restored = Fact::unset();
        for kind in ["restore_from_file", "restore_from_object_store"] {
            match self.item.values.at(&[kind]) {
                ValueAt::Value { node, pointer, .. } if !node.elements().is_empty() => {
                    let here = node.position.place(self.file, &pointer);
                    return Fact::known(true).with_trail(vec![Step::new(here, "the key is restored from this backup")]);
                }
                ValueAt::Unknown { pointer, position, .. } => {
                    let here = position.place(self.file, &pointer);
                    let fact = Fact::unknown(format!("whether there is {} `{kind}` block is known only after apply", base::article(kind)));
                    restored = fact.with_trail(vec![Step::new(here, "not known in the plan")]);
                }
                _ => {}
            }
        }
        restored
    }

    /// The step to a `management_endpoint` that is not a management endpoint.
    fn wrong_endpoint(&self) -> Option<Step> {
        let ValueAt::Value { node, pointer, sensitive: false } = self.item.values.at(&["management_endpoint"]) else { return None };
        let what = crate::key::wrong_endpoint(node.text()?)?;
        Some(Step::new(node.position.place(self.file, &pointer), format!("this is {what}")))
    }

    fn tags(&self, name: &str) -> BTreeMap<String, String> {
        let ValueAt::Value { node, .. } = self.item.values.at(&[name]) else { return BTreeMap::new() };
        let known = node.members().iter().filter(|(tag, _)| !self.item.values.is_secret(&[name, tag]));
        known.filter_map(|(tag, value)| Some((tag.clone(), value.text()?.to_owned()))).collect()
    }

    fn times(&self, key: &mut KeyFacts) {
        let values = &self.item.values;
        let time = |path: &[&str]| values.text(path).and_then(times::read);
        key.times.created = time(&["time_created"]);
        key.times.deletion = time(&["time_of_deletion"]);
        key.times.last_rotation = time(&[DETAILS, "time_of_last_rotation"]);
        key.times.next_rotation = time(&[DETAILS, "time_of_next_rotation"]);
        key.times.last_status = values.text(&[DETAILS, "last_rotation_status"]).map(RotationStatus::read);
        let message = [DETAILS, "last_rotation_message"];
        key.times.last_message = values.text(&message).filter(|_| !values.is_secret(&message)).map(str::to_owned);
    }
}

fn string(node: &Node) -> Result<&str, ValueError> {
    node.text().ok_or(ValueError::Type("a string"))
}

fn text(node: &Node) -> Result<Option<String>, ValueError> {
    Ok(Some(string(node)?).filter(|text| !text.is_empty()).map(str::to_owned))
}

/// A boolean; old states store booleans as strings.
fn boolean(node: &Node) -> Result<Option<bool>, ValueError> {
    match (&node.value, node.text()) {
        (NodeValue::Bool(value), _) => Ok(Some(*value)),
        (_, Some("true")) => Ok(Some(true)),
        (_, Some("false")) => Ok(Some(false)),
        _ => Err(ValueError::Type("a boolean")),
    }
}

/// An integer; 0 counts as unset.
fn nonzero_number(node: &Node) -> Result<Option<i64>, ValueError> {
    Ok(number(node)?.filter(|&number| number != 0))
}

/// An integer; old states store numbers as strings.
fn number(node: &Node) -> Result<Option<i64>, ValueError> {
    let text = match &node.value {
        NodeValue::Number(number) => number,
        NodeValue::Text(text) if text.parse::<f64>().is_ok() => text.as_str(),
        NodeValue::Text(text) if text.is_empty() => return Ok(None),
        _ => return Err(ValueError::Type("a number")),
    };
    if let Ok(number) = text.parse::<i64>() {
        return Ok(Some(number));
    }
    // `90.0` and `9e1` are integers; nothing above 2^53 is a number of days.
    let number: f64 = text.parse().map_err(|_| ValueError::Type("a number"))?;
    if number.fract() != 0.0 || number.abs() > 9e15 {
        return Err(ValueError::Value("is not a whole number of days".to_owned()));
    }
    #[expect(clippy::cast_possible_truncation, reason = "an integer below 2^53")]
    Ok(Some(number as i64))
}
