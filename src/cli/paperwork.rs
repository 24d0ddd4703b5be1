//! What a system keeps of a program beside the program: completions for shells and manual pages. Both are made from the very declaration of
//! the commands, so that they cannot say anything else than `--help`.

use super::{Arguments, Failed, say};
use clap::CommandFactory;
use clap_complete::Shell;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub(super) struct Completions {
    /// The shell that they are for
    shell: Shell,
}

#[derive(Debug, clap::Args)]
pub(super) struct Manual {
    /// Where the pages are written, one for each command; it must be there
    directory: PathBuf,
}

pub(super) fn completions(options: &Completions) -> Result<(), Failed> {
    let mut script = Vec::new();
    clap_complete::generate(options.shell, &mut Arguments::command(), "gigcast", &mut script);
    say(&String::from_utf8_lossy(&script))
}

pub(super) fn manual(options: &Manual) -> Result<(), Failed> {
    let directory = &options.directory;
    clap_mangen::generate_to(Arguments::command(), directory)
        .map_err(|cause| Failed::new(format!("the pages cannot be written to {}: {cause}", directory.display())))?;
    say(&format!("The pages are in {0}: see them with `man -l {0}/gigcast.1`.\n", directory.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use clap::Parser;

    /// What it refuses only shows when a command is built, and in a release build not even then.
    #[test]
    fn the_declaration_of_the_commands_holds_together() {
        Arguments::command().debug_assert();
    }

    fn is_understood(words: &[&str]) {
        assert!(Arguments::try_parse_from(words).is_ok(), "no such command: {words:?}");
    }

    fn is_a_setting(assignment: &str) {
        let (name, value) = assignment.split_once('=').unwrap();
        let set = Config::parse(&[], [(name.to_owned(), value.to_owned())]);
        assert!(set.is_ok(), "{assignment}: {set:?}");
    }

    #[test]
    fn the_unit_starts_what_there_is_and_does_not_repeat_what_cannot_be_mended() {
        let unit = include_str!("../../packaging/gigcast.service");
        let value = |key: &str| unit.lines().find_map(|line| line.strip_prefix(key)).unwrap();
        let start: Vec<&str> = value("ExecStart=").split(' ').collect();
        is_understood(&start);
        assert_eq!(value("RestartPreventExitStatus="), Failed::CONFIG.to_string());
        is_a_setting(value("Environment="));
    }

    #[test]
    fn the_container_starts_what_there_is_and_asks_it_how_it_is() {
        let file = include_str!("../../packaging/Containerfile");
        let words = |line: &'static str| -> Vec<&str> {
            let list = line.split('[').nth(1).unwrap().trim_end_matches(']');
            list.split(", ").map(|word| word.trim_matches('"')).collect()
        };
        let line = |start: &str| file.lines().find(|line| line.starts_with(start)).unwrap();
        is_understood(&[words(line("ENTRYPOINT")), words(line("CMD"))].concat());
        is_understood(&words(line("HEALTHCHECK")));
        let settings = file.split("GIGCAST__").skip(1).map(|rest| rest.split([' ', '\n']).next().unwrap());
        for setting in settings {
            is_a_setting(&format!("GIGCAST__{setting}"));
        }
    }

    #[test]
    fn every_command_has_a_page_that_says_what_it_does() {
        let dir = tempfile::tempdir().unwrap();
        manual(&Manual { directory: dir.path().to_owned() }).unwrap();
        for command in Arguments::command().get_subcommands() {
            let page = dir.path().join(format!("gigcast-{}.1", command.get_name()));
            let page = std::fs::read_to_string(&page).unwrap();
            let about = command.get_about().unwrap().to_string();
            let first = about.split([' ', ',', ':', ';']).next().unwrap();
            assert!(page.contains(first), "{about}: {page}");
        }
    }
}
