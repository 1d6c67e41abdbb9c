//! The messages: every locale has every key that is used and none that is not, with the same values in each.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use crate::support::LANGUAGES;

fn here() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// All files under `folder` with this ending, as one text.
fn texts(folder: &Path, ending: &str) -> String {
    let mut all = String::new();
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() {
            all.push_str(&texts(&path, ending));
        } else if path.extension().is_some_and(|found| found == ending) {
            all.push_str(&fs::read_to_string(&path).unwrap());
            all.push('\n');
        }
    }
    all
}

/// Key and text of every message of a locale.
fn messages(language: &str) -> BTreeMap<String, String> {
    let mut found: BTreeMap<String, String> = BTreeMap::new();
    let mut key = String::new();
    for line in texts(&here().join("locales").join(language), "ftl").lines() {
        if line.starts_with('#') || line.trim().is_empty() {
            continue;
        }
        match line.split_once(" = ").filter(|(name, _)| name.starts_with(|c: char| c.is_ascii_lowercase())) {
            Some((name, text)) => {
                key = name.to_owned();
                let twice = found.insert(key.clone(), text.to_owned());
                assert!(twice.is_none(), "{language}: {key} is there twice");
            }
            None => found.get_mut(&key).unwrap().push_str(line),
        }
    }
    found
}

fn values(text: &str) -> BTreeSet<&str> {
    text.split('$').skip(1).filter_map(|rest| rest.split(|c: char| !c.is_ascii_lowercase()).next()).collect()
}

#[test]
fn every_locale_has_the_same_messages_with_the_same_values() {
    let english = messages("en");
    assert!(english.len() > 200);
    for language in LANGUAGES {
        let own = messages(language);
        let keys = |messages: &BTreeMap<String, String>| messages.keys().cloned().collect::<Vec<_>>();
        assert_eq!(keys(&own), keys(&english), "{language}");
        for (key, text) in &own {
            assert_eq!(values(text), values(&english[key]), "{language}: {key}");
        }
    }
    let folders = fs::read_dir(here().join("locales")).unwrap().count();
    assert_eq!(folders, LANGUAGES.len(), "a folder of locales/ that no test knows");
}

#[test]
fn every_message_is_used() {
    let code = texts(&here().join("src"), "rs") + &texts(&here().join("templates"), "html");
    for key in messages("en").keys() {
        assert!(code.contains(&format!("\"{key}\"")), "nothing says {key}");
    }
}

#[test]
fn every_message_that_is_used_exists() {
    let english = messages("en");
    let code = texts(&here().join("src"), "rs") + &texts(&here().join("templates"), "html");
    let mut found = 0;
    for call in [".say(", ".tell("] {
        for after in code.split(call).skip(1) {
            let Some(key) = after.trim_start().strip_prefix('"').and_then(|rest| rest.split('"').next())
            else {
                continue;
            };
            found += 1;
            assert!(english.contains_key(key), "{key} is said but in no locale");
        }
    }
    assert!(found > 120, "{found}");
}

#[test]
fn a_message_inside_an_attribute_has_no_markup() {
    let english = messages("en");
    let templates = texts(&here().join("templates"), "html");
    let mut found = 0;
    for attribute in ["aria-label=\"{{ shell.say(\"", "placeholder=\"{{ shell.say(\""] {
        for after in templates.split(attribute).skip(1) {
            let key = after.split('"').next().unwrap();
            found += 1;
            for language in LANGUAGES {
                assert!(!messages(language)[key].contains(['<', '"']), "{language}: {key}");
            }
            assert!(english.contains_key(key));
        }
    }
    assert!(found > 5);
}

#[test]
fn the_translations_are_not_the_english_text() {
    let english = messages("en");
    let same_by_nature = ["gigabytes", "megabytes", "span", "walking-day"];
    for language in LANGUAGES.into_iter().filter(|language| *language != "en") {
        for (key, text) in messages(language) {
            assert!(text != english[&key] || same_by_nature.contains(&key.as_str()), "{language}: {key}");
        }
    }
}
