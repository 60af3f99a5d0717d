//! `kmslint explain`: shows the documents of the rules.

use super::Exit;
use super::args::Explain;
use super::environment::{print, write_stderr};
use super::error::CliError;
use crate::rules;

/// Runs the subcommand.
pub(super) fn run(arguments: &Explain) -> std::io::Result<Exit> {
    let Some(wanted) = &arguments.rule else {
        let mut text = String::new();
        for rule in rules::ALL {
            text.push_str(&format!("{}  {:<20}  {}\n", rule.id, rule.name, rule.title));
        }
        text.push_str("\nkmslint explain RULE shows the page of a rule; OCI-KMS-DRIFT and modules-not-followed also have one.\n");
        print(text.as_bytes())?;
        return Ok(Exit::Clean);
    };
    let other = || rules::OTHERS.iter().find(|(id, _)| id.eq_ignore_ascii_case(wanted)).copied();
    match rules::by_id(wanted).map(|rule| (rule.id, rule.document)).or_else(other) {
        Some((id, document)) => {
            let page = rules::documentation_url(id).map(|url| format!("\n---\n\nThis page: <{url}>\n")).unwrap_or_default();
            print(format!("{document}{page}").as_bytes())?;
            Ok(Exit::Clean)
        }
        None => {
            write_stderr(format!("error: {}\n", CliError::UnknownRule(wanted.clone())).as_bytes());
            Ok(Exit::Trouble)
        }
    }
}
