//! The published rules and controls that our rules implement, as SARIF taxonomies (SARIF 2.1.0, section 3.19.3).

use super::messages::text;
use crate::rules::{self, Rule, RuleReference};
use serde_sarif::sarif::{
    ReportingDescriptor, ReportingDescriptorReference, ReportingDescriptorRelationship, ToolComponent, ToolComponentReference,
};

/// One version of a publication, with the entries that our rules refer to.
struct Publication {
    name: &'static str,
    version: Option<&'static str>,
    references: Vec<&'static RuleReference>,
}

/// The publications, in the order of the rules.
fn publications() -> Vec<Publication> {
    let mut all: Vec<Publication> = Vec::new();
    for reference in rules::ALL.iter().flat_map(|rule| rule.references) {
        match all.iter_mut().find(|one| (one.name, one.version) == (reference.publication, reference.version)) {
            Some(one) if one.references.iter().any(|known| known.id == reference.id) => {}
            Some(one) => one.references.push(reference),
            None => all.push(Publication { name: reference.publication, version: reference.version, references: vec![reference] }),
        }
    }
    all
}

/// Each publication as a taxonomy.
pub(super) fn taxonomies() -> Vec<ToolComponent> {
    let taxon = |reference: &&RuleReference| {
        ReportingDescriptor::builder().id(reference.id).short_description(text(reference.title)).help_uri(reference.url).build()
    };
    let taxonomy = |publication: Publication| {
        let taxa: Vec<_> = publication.references.iter().map(taxon).collect();
        let mut component = ToolComponent::builder()
            .name(publication.name)
            .short_description(text(publication.name))
            // It lists only the entries that our rules refer to.
            .is_comprehensive(false)
            .taxa(taxa)
            .build();
        component.version = publication.version.map(ToOwned::to_owned);
        component.information_uri = publication.references.first().map(|reference| reference.url.to_owned());
        component
    };
    publications().into_iter().map(taxonomy).collect()
}

/// References to taxonomies by index.
pub(super) fn references(taxonomies: &[ToolComponent]) -> Vec<ToolComponentReference> {
    taxonomies
        .iter()
        .zip(0..)
        .map(|(taxonomy, index)| ToolComponentReference::builder().name(taxonomy.name.clone()).index(index).build())
        .collect()
}

/// The taxonomy entries that a rule implements.
pub(super) fn relationships(rule: &Rule) -> Vec<ReportingDescriptorRelationship> {
    let all = publications();
    let relationship = |reference: &RuleReference| {
        let is_own = |one: &&Publication| (one.name, one.version) == (reference.publication, reference.version);
        let (index, publication) = all.iter().enumerate().find(|(_, one)| is_own(one))?;
        let at = publication.references.iter().position(|known| known.id == reference.id)?;
        let component = ToolComponentReference::builder().name(publication.name).index(i64::try_from(index).ok()?).build();
        let target =
            ReportingDescriptorReference::builder().id(reference.id).index(i64::try_from(at).ok()?).tool_component(component).build();
        Some(ReportingDescriptorRelationship::builder().target(target).kinds(vec!["relevant".to_owned()]).build())
    };
    rule.references.iter().filter_map(relationship).collect()
}
