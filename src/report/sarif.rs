//! SARIF 2.1.0 for GitHub code scanning and other readers, with the types of `serde-sarif`.
//!
//! The limits are from GitHub's page "SARIF support for code scanning", which also lists what an upload must contain.

mod messages;
mod taxa;

use messages::{message, text};

use super::context::ReportContext;
use super::lines::{Lazy, write_json};
use super::location::{self, Columns, Location as At};
use super::{line_hash, short};
use crate::base::{Place, Problem, SourceId, Step};
use crate::policy::{Exempted, ExemptedBy, Outcome};
use crate::rules::{self, Finding, Level, Rule};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::{Value, json};
use serde_sarif::sarif::{
    ArtifactChange, ArtifactContent, ArtifactLocation, CodeFlow, Fix, Invocation, Location, LogicalLocation, MultiformatMessageString,
    Notification, PhysicalLocation, PropertyBag, Region, Replacement, ReportingConfiguration, ReportingDescriptor, Result as SarifResult,
    ResultLevel, Run, RunAutomationDetails, Sarif, Suppression, ThreadFlow, ThreadFlowLocation, Tool, ToolComponent, VersionControlDetails,
};
use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::io::{self, Write};
use std::sync::Arc;

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";
const REPOSITORY_URL: &str = env!("CARGO_PKG_REPOSITORY");
/// GitHub rejects a run with more results.
const MAX_RESULTS: usize = 25_000;
/// How many logical locations a result has; `properties.addresses` has all addresses.
const MAX_LOGICAL_LOCATIONS: usize = 100;

/// Writes the report.
pub(super) fn write(outcome: &Outcome, context: &ReportContext<'_>, out: &mut dyn Write) -> io::Result<()> {
    let descriptors = descriptors(outcome);
    let indexes: HashMap<&str, i64> = descriptors.iter().zip(0..).map(|(descriptor, index)| (descriptor.id, index)).collect();
    let writer = SarifWriter { context, hashes: RefCell::default(), indexes };
    let invocation = Invocation::builder()
        .execution_successful(outcome.problems.is_empty() && outcome.not_audited.is_empty())
        .exit_code(i64::from(context.exit_code))
        .tool_execution_notifications(Vec::new())
        .build();
    let taxonomies = taxa::taxonomies();
    let driver = ToolComponent::builder()
        .name("kmslint")
        // Azure DevOps requires this and `automationDetails`.
        .full_name(concat!("kmslint ", env!("CARGO_PKG_VERSION")))
        .version(env!("CARGO_PKG_VERSION"))
        .semantic_version(env!("CARGO_PKG_VERSION"))
        .information_uri(REPOSITORY_URL)
        .supported_taxonomies(taxa::references(&taxonomies))
        .rules(descriptors.into_iter().map(|descriptor| descriptor.sarif).collect::<Vec<_>>())
        .build();
    let mut run = Run::builder()
        .tool(Tool::builder().driver(driver).build())
        .invocations(vec![invocation])
        // GitHub's category is the part before the last slash. An upload replaces earlier ones with the same commit and category.
        .automation_details(RunAutomationDetails::builder().id("kmslint/").build())
        .column_kind(json!("utf16CodeUnits"))
        .taxonomies(taxonomies)
        .results(Vec::new())
        .build();
    // SARIF requires the URI of the repository.
    let published = context.provenance.and_then(|provenance| Some((provenance, provenance.repository_uri.clone()?)));
    run.version_control_provenance = published.map(|(provenance, repository_uri)| {
        let mut details = VersionControlDetails::builder().repository_uri(repository_uri).build();
        details.revision_id.clone_from(&provenance.revision);
        details.branch.clone_from(&provenance.branch);
        // Paths in this file are relative to the repository's root.
        details.mapped_to = Some(ArtifactLocation::builder().uri_base_id("PROJECTROOT").build());
        vec![details]
    });
    if run.version_control_provenance.is_some() {
        let description = message("The root of the repository");
        run.original_uri_base_ids =
            Some(BTreeMap::from([("PROJECTROOT".to_owned(), ArtifactLocation::builder().description(description).build())]));
    }
    let log = Sarif::builder().schema(SCHEMA).version(json!("2.1.0")).runs(vec![run]).build();
    let log = serde_json::to_value(&log)?;
    write_json(&StreamedLog { log: &log, lists: &StreamedLists { outcome, writer: &writer } }, out)
}

/// A log, or a part of it, with empty lists of results and notifications that are filled while it is serialized.
struct StreamedLog<'a> {
    log: &'a Value,
    lists: &'a StreamedLists<'a>,
}

impl Serialize for StreamedLog<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let part = |log| StreamedLog { log, lists: self.lists };
        match self.log {
            Value::Object(members) => {
                let mut map = serializer.serialize_map(Some(members.len()))?;
                for (name, value) in members {
                    match name.as_str() {
                        "runs" | "invocations" => {
                            map.serialize_entry(name, &value.as_array().into_iter().flatten().map(part).collect::<Vec<_>>())?;
                        }
                        "results" => map.serialize_entry(name, &Lazy(|| self.lists.results()))?,
                        "toolExecutionNotifications" => map.serialize_entry(name, &Lazy(|| self.lists.notifications()))?,
                        _ => map.serialize_entry(name, value)?,
                    }
                }
                map.end()
            }
            other => other.serialize(serializer),
        }
    }
}

/// The lists that may be long. Each entry is made when it is serialized.
struct StreamedLists<'a> {
    outcome: &'a Outcome,
    writer: &'a SarifWriter<'a>,
}

impl StreamedLists<'_> {
    fn results(&self) -> impl Iterator<Item = SarifResult> {
        let Self { outcome, writer } = self;
        let reported = outcome.findings.iter().map(|finding| writer.result(finding));
        reported.chain(self.suppressed().iter().map(|one| writer.suppressed(one))).take(MAX_RESULTS)
    }

    /// The exempted findings to include. GitHub ignores `suppressions` and would show each of them as an open alert.
    fn suppressed(&self) -> &[Exempted] {
        if self.writer.context.include_suppressed { &self.outcome.exempted } else { &[] }
    }

    /// What could not be checked, or is not in the results.
    fn notifications(&self) -> impl Iterator<Item = Notification> {
        let Self { outcome, writer } = self;
        let error = |text: String| Notification::builder().message(message(&text)).level(json!("error")).build();
        let problems = outcome.problems.iter().map(|problem| writer.notification(problem));
        let left_out = (outcome.findings.len() + self.suppressed().len()).checked_sub(MAX_RESULTS).filter(|count| *count > 0);
        let left_out = left_out.map(move |count| error(format!("{count} findings are omitted: a run has at most {MAX_RESULTS}")));
        let not_audited = outcome
            .not_audited
            .iter()
            .map(move |part| error(format!("{} {} in {} was not audited: {}", part.what, part.ocid, part.region, part.why)));
        let not_followed = outcome.calls_not_followed().into_iter().map(|one| {
            let module = one.call;
            let text = format!("{} was not followed: {} ({}){}", module.address, module.why, module.source, one.roots());
            let locations: Vec<_> = writer.location(&module.place).into_iter().collect();
            Notification::builder().message(message(&text)).level(json!("note")).locations(locations).build()
        });
        problems.chain(left_out).chain(not_audited).chain(not_followed)
    }
}

/// The SARIF descriptor of a rule, with its id.
struct Descriptor {
    id: &'static str,
    sarif: ReportingDescriptor,
}

/// Descriptors of all rules, and of the other ids that occur.
fn descriptors(outcome: &Outcome) -> Vec<Descriptor> {
    let mut all: Vec<_> = rules::ALL.iter().map(|rule| Descriptor { id: rule.id, sarif: descriptor(rule) }).collect();
    let findings = outcome.findings.iter().chain(outcome.exempted.iter().map(|exempted| &exempted.finding));
    for finding in findings {
        // GitHub rejects a run that lists a rule twice.
        if !all.iter().any(|known| known.id == finding.rule) {
            all.push(Descriptor { id: finding.rule, sarif: other_descriptor(finding.rule) });
        }
    }
    all
}

fn descriptor(rule: &Rule) -> ReportingDescriptor {
    let summary = rule.summary();
    let mut properties = BTreeMap::from([
        ("precision".to_owned(), json!("very-high")),
        ("problem.severity".to_owned(), json!("warning")),
        ("risk".to_owned(), json!(rule.risk)),
    ]);
    if let Some(severity) = rule.security_severity {
        properties.insert("security-severity".to_owned(), json!(severity));
    }
    let tags: Vec<String> = rule.tags.iter().map(ToString::to_string).collect();
    ReportingDescriptor::builder()
        .id(rule.id)
        .name(rule.pascal_name)
        .short_description(text(rule.title))
        .full_description(text(&summary))
        .help(MultiformatMessageString::builder().text(rule.document).markdown(rule.document).build())
        .help_uri(rules::documentation_url(rule.id).unwrap_or_else(|| REPOSITORY_URL.to_owned()))
        .default_configuration(ReportingConfiguration::builder().level(json!("warning")).build())
        .relationships(taxa::relationships(rule))
        .properties(PropertyBag::builder().tags(tags).additional_properties(properties).build())
        .build()
}

/// The descriptor of an id that is not a rule's: drift or modules not followed.
fn other_descriptor(id: &'static str) -> ReportingDescriptor {
    let (name, title, help) = if id == rules::DRIFT {
        (
            "KeyDrift",
            "The live key and its code differ",
            "Bring the code and the service into line: apply the code, or change it to match the service.",
        )
    } else {
        (
            "ModuleNotFollowed",
            "The source of a module call is not available",
            "Run `terraform init` before kmslint, or check the plan: keys in such a module were not checked.",
        )
    };
    ReportingDescriptor::builder()
        .id(id)
        .name(name)
        .short_description(text(title))
        .full_description(text(title))
        .help(MultiformatMessageString::builder().text(help).markdown(help).build())
        .help_uri(rules::documentation_url(id).unwrap_or_else(|| REPOSITORY_URL.to_owned()))
        .default_configuration(ReportingConfiguration::builder().level(json!("warning")).build())
        .build()
}

/// Escapes what a message would interpret as a link (SARIF 2.1.0 §3.11.6).
fn escaped(text: &str) -> String {
    super::text::clean(text).replace('\\', "\\\\").replace('[', "\\[").replace(']', "\\]")
}

struct SarifWriter<'a> {
    context: &'a ReportContext<'a>,
    hashes: RefCell<HashMap<SourceId, Vec<String>>>,
    indexes: HashMap<&'static str, i64>,
}

impl SarifWriter<'_> {
    fn result(&self, finding: &Finding) -> SarifResult {
        let place = self.visible_place(finding);
        let mut steps = finding.trail.clone();
        if place != finding.place {
            steps.insert(0, Step::new(finding.place.clone(), Arc::clone(&finding.label)));
        }
        let mut main = self.location(&place).unwrap_or_else(|| self.placeholder_location(&place));
        main.logical_locations = Some(
            finding
                .instances
                .iter()
                .take(MAX_LOGICAL_LOCATIONS)
                .map(|instance| LogicalLocation::builder().fully_qualified_name(instance.label()).kind("resource").build())
                .collect(),
        );
        let related: Vec<_> = steps
            .iter()
            .filter_map(|step| Some((self.location(&step.place)?, step.label())))
            .zip(1..)
            .map(|((location, label), id)| Location { id: Some(id), message: Some(message(&escaped(&label))), ..location })
            .collect();
        let mut fingerprints = BTreeMap::from([("kmslintFinding/v2".to_owned(), finding.fingerprint.clone())]);
        fingerprints.insert("primaryLocationLineHash".to_owned(), self.line_hash(&place, finding));
        let addresses: Vec<_> = finding.instances.iter().map(|instance| instance.label()).collect();
        let properties = BTreeMap::from([
            ("kind".to_owned(), json!(finding.kind.word())),
            ("verdict".to_owned(), json!(finding.verdict)),
            ("addresses".to_owned(), json!(addresses)),
        ]);
        let mut result = SarifResult::builder()
            .rule_id(finding.rule)
            .level(level(finding.level))
            .message(message(&self.sentence(finding, &related)))
            .locations(vec![main])
            .partial_fingerprints(fingerprints)
            .properties(PropertyBag::builder().additional_properties(properties).build())
            .build();
        result.rule_index = self.indexes.get(finding.rule).copied();
        if !related.is_empty() {
            result.code_flows = Some(vec![flow(&related, finding.before, result.locations.as_deref().unwrap_or_default())]);
            result.related_locations = Some(related);
        }
        result.fixes = self.fix(finding).map(|fix| vec![fix]);
        result
    }

    /// The edits that fix the finding, as one fix.
    fn fix(&self, finding: &Finding) -> Option<Fix> {
        let mut changes: Vec<(String, Vec<Replacement>)> = Vec::new();
        for edit in (self.context.fixes)(finding) {
            let place = Place::Source(edit.span);
            let at = location::locate(&place, self.context.sources, Columns::Utf16);
            // All edits or none: with only some of them, an argument may be left that nothing sets.
            if !(self.context.in_repository)(&at.path) {
                return None;
            }
            let region = Region { snippet: None, ..self.region(&place, &at) };
            let content = ArtifactContent::builder().text(edit.replacement).build();
            let replacement = Replacement::builder().deleted_region(region).inserted_content(content).build();
            let path = (self.context.repository_path)(&at.path);
            match changes.iter_mut().find(|(known, _)| *known == path) {
                Some((_, replacements)) => replacements.push(replacement),
                None => changes.push((path, vec![replacement])),
            }
        }
        let changes: Vec<_> = changes
            .into_iter()
            .map(|(path, replacements)| ArtifactChange::builder().artifact_location(artifact(&path)).replacements(replacements).build())
            .collect();
        (!changes.is_empty()).then(|| Fix::builder().artifact_changes(changes).description(message(&escaped(&finding.help))).build())
    }

    fn suppressed(&self, exempted: &Exempted) -> SarifResult {
        let kind = if exempted.by == ExemptedBy::Comment { "inSource" } else { "external" };
        let mut suppression = Suppression::builder().kind(json!(kind)).status(json!("accepted")).build();
        suppression.justification = Some(exempted.reason.clone());
        suppression.location = exempted.place.as_ref().and_then(|place| self.location(place));
        SarifResult { suppressions: Some(vec![suppression]), ..self.result(&exempted.finding) }
    }

    /// The message: what is wrong, why it matters, what to do. GitHub shows only the first sentence if space is short.
    fn sentence(&self, finding: &Finding, related: &[Location]) -> String {
        let who = match finding.instances.as_slice() {
            [] => String::new(),
            [one] => format!("{}: ", escaped(&one.label())),
            many => format!("{} keys: ", many.len()),
        };
        let mut text = format!("{who}{}.", escaped(&finding.message));
        for more in [&finding.note, &finding.help] {
            if !more.is_empty() {
                text.push(' ');
                text.push_str(&escaped(more));
            }
        }
        for variant in short::variants(finding) {
            text.push(' ');
            text.push_str(&escaped(&variant));
        }
        if let [first, ..] = related
            && let Some(label) = first.message.as_ref().and_then(|message| message.text.as_deref())
        {
            text.push_str(&format!(" See [{}](1).", label.replace('`', "'")));
        }
        text
    }

    fn notification(&self, problem: &Problem) -> Notification {
        let mut text = problem.message.clone();
        if let Some(help) = &problem.help {
            text.push_str(": ");
            text.push_str(help);
        }
        let mut notification = Notification::builder().message(message(&escaped(&text))).level(json!("error")).build();
        notification.locations = problem.place.as_ref().and_then(|place| self.location(place)).map(|location| vec![location]);
        notification
    }

    /// The place to report at: the finding's, or the first step of its trail inside the repository.
    fn visible_place(&self, finding: &Finding) -> Place {
        let candidates = std::iter::once(&finding.place).chain(finding.trail.iter().map(|step| &step.place));
        candidates.into_iter().find(|place| self.location(place).is_some()).unwrap_or(&finding.place).clone()
    }

    /// A place as a location; `None` outside of the repository, because GitHub rejects such paths.
    fn location(&self, place: &Place) -> Option<Location> {
        let at = location::locate(place, self.context.sources, Columns::Utf16);
        if at.is_cloud || !(self.context.in_repository)(&at.path) {
            return None;
        }
        let mut physical = PhysicalLocation::builder().artifact_location(artifact(&(self.context.repository_path)(&at.path))).build();
        physical.region = Some(self.region(place, &at));
        Some(Location::builder().physical_location(physical).build())
    }

    /// A location for something without a path in the repository: the OCID of a live resource or the name of a file.
    fn placeholder_location(&self, place: &Place) -> Location {
        let at = location::locate(place, self.context.sources, Columns::Utf16);
        let path = if at.is_cloud { at.path.clone() } else { at.path.rsplit('/').next().unwrap_or_default().to_owned() };
        let mut physical = PhysicalLocation::builder().artifact_location(artifact(&path)).build();
        physical.region = Some(self.region(place, &at));
        Location::builder().physical_location(physical).build()
    }

    fn region(&self, place: &Place, at: &At) -> Region {
        let number = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
        let Some((start, end)) = at.range else {
            // GitHub requires all four numbers, even if only the file is known.
            return Region::builder().start_line(1).start_column(1).end_line(1).end_column(1).build();
        };
        let mut region = Region::builder()
            .start_line(number(start.line))
            .start_column(number(start.column))
            .end_line(number(end.line))
            .end_column(number(end.column))
            .build();
        if let Place::Source(span) = place {
            let source = self.context.sources.get(span.source);
            if let Some(snippet) = source.quote(*span).filter(|text| !text.is_empty() && text.len() <= 1000) {
                region.snippet = Some(ArtifactContent::builder().text(snippet).build());
            }
        }
        region
    }

    /// GitHub's hash of the line; the fingerprint if the text is not available.
    fn line_hash(&self, place: &Place, finding: &Finding) -> String {
        if let Place::Source(span) = place {
            let source = self.context.sources.get(span.source);
            let mut hashes = self.hashes.borrow_mut();
            let hashes = hashes.entry(span.source).or_insert_with(|| line_hash::of_lines(&source.shown()));
            if let Some(hash) = hashes.get(source.line_index(span.start as usize)) {
                return hash.clone();
            }
        }
        // In the form of GitHub's hashes: hexadecimal digits, a colon, and the occurrence.
        format!("{}:1", finding.fingerprint.get(..16).unwrap_or(&finding.fingerprint))
    }
}

fn artifact(path: &str) -> ArtifactLocation {
    ArtifactLocation::builder().uri(uri(path)).build()
}

/// A relative path as a URI reference: percent-encoded, forward slashes (RFC 3986).
fn uri(path: &str) -> String {
    // GitHub does not match paths with these prefixes, and rejects an empty path.
    let path = path.trim_start_matches("./").trim_start_matches('/');
    if path.is_empty() { "unknown".to_owned() } else { location::uri(path) }
}

/// The trail as a code flow, from the origin of the value to its use.
fn flow(related: &[Location], before: usize, main: &[Location]) -> CodeFlow {
    let (before, after) = related.split_at(before.min(related.len()));
    let steps = before.iter().chain(main).chain(after).map(|location| {
        // The id of a location must be unique in its result.
        let location = Location { id: None, logical_locations: None, ..location.clone() };
        ThreadFlowLocation::builder().location(location).build()
    });
    CodeFlow::builder().thread_flows(vec![ThreadFlow::builder().locations(steps.collect::<Vec<_>>()).build()]).build()
}

fn level(level: Level) -> ResultLevel {
    match level {
        Level::Error => ResultLevel::Error,
        Level::Warning => ResultLevel::Warning,
        Level::Note => ResultLevel::Note,
        Level::Off => ResultLevel::None,
    }
}
