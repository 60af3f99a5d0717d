//! `kmslint explain`: the rules' own documents.

use super::Exit;
use super::args::Explain;
use super::surroundings::{complain, print};
use crate::policy::nearest;
use crate::rules;

/// Runs the subcommand.
pub fn run(arguments: &Explain) -> std::io::Result<Exit> {
    let Some(wanted) = &arguments.rule else {
        let mut text = String::new();
        for rule in rules::ALL {
            text.push_str(&format!("{}  {:<20}  {}\n", rule.id, rule.name, rule.title));
        }
        text.push_str("\nkmslint explain RULE shows a rule's document.\n");
        print(text.as_bytes())?;
        return Ok(Exit::Clean);
    };
    match rules::by_id(wanted) {
        Some(rule) => {
            print(rule.document.as_bytes())?;
            Ok(Exit::Clean)
        }
        None => {
            let known = rules::ALL.iter().flat_map(|rule| [rule.id, rule.name]);
            let hint = nearest(wanted, known).map_or_else(String::new, |near| format!(" (did you mean `{near}`?)"));
            complain(format!("error: there is no rule `{wanted}`{hint}; `kmslint explain` lists the rules\n").as_bytes());
            Ok(Exit::Trouble)
        }
    }
}
