//! What holds for all pages: every message is there in both languages, pages stay small and carry no script or style.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::language::Language;

fn crate_root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path, ending));
        } else if path.to_string_lossy().ends_with(ending) {
            found.push(path);
        }
    }
    found
}

/// The names of the messages of a language.
fn messages(language: Language) -> BTreeSet<String> {
    let folder = crate_root().join("locales").join(language.tag());
    let lines = files(&folder, ".ftl").into_iter().flat_map(|path| {
        let text = fs::read_to_string(path).unwrap();
        text.lines().map(str::to_owned).collect::<Vec<_>>()
    });
    let name = |line: String| {
        let (name, _) = line.split_once(" =")?;
        name.bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
            .then(|| name.to_owned())
    };
    lines.filter_map(name).collect()
}

/// Everything between quotes in templates and sources that has the form of a message's name.
fn words_in_code() -> BTreeSet<String> {
    let root = crate_root();
    let mut paths = files(&root.join("templates/console"), ".html");
    paths.extend(files(&root.join("src/operators/console"), ".rs"));
    paths.push(root.join("src/operators/console.rs"));
    let mut words = BTreeSet::new();
    for path in paths {
        let text = fs::read_to_string(path).unwrap();
        words.extend(text.split('"').map(str::to_owned));
    }
    words
}

/// The names of messages that are asked for directly.
fn asked_for() -> BTreeSet<String> {
    let root = crate_root();
    let mut paths = files(&root.join("templates/console"), ".html");
    paths.extend(files(&root.join("src/operators/console/pages"), ".rs"));
    let mut asked = BTreeSet::new();
    for path in paths {
        let text = fs::read_to_string(path).unwrap();
        for call in [".say(\"", ".tell(\"", ".table(\""] {
            asked.extend(
                text.split(call).skip(1).filter_map(|rest| rest.split('"').next()).map(str::to_owned),
            );
        }
    }
    asked
}

#[test]
fn both_languages_have_the_same_messages_and_all_that_are_asked_for() {
    let (vi, en) = (messages(Language::Vi), messages(Language::En));
    assert!(en.len() > 200, "only {} messages were found", en.len());
    assert_eq!(vi.symmetric_difference(&en).collect::<Vec<_>>(), Vec::<&String>::new());
    let asked = asked_for();
    assert!(asked.len() > 100, "only {} calls were found", asked.len());
    let missing: Vec<&String> = asked.iter().filter(|key| !en.contains(*key)).collect();
    assert_eq!(missing, Vec::<&String>::new());
}

#[test]
fn no_message_is_left_over() {
    let words = words_in_code();
    // Names that are put together from a page's kind and a word.
    let made = ["sign-in-", "failure-", "funnel-", "session-"];
    let left: Vec<String> = messages(Language::En)
        .into_iter()
        .filter(|key| !words.contains(key) && !made.iter().any(|begin| key.starts_with(begin)))
        .collect();
    assert_eq!(left, Vec::<String>::new());
}
