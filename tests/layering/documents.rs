//! Documents: that every path they write down exists.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;
use hotspot_tests::lab::instance::repository;

use crate::files::{below, shown};

/// What commands make: it need not be there when the documents are read.
const MADE: [&str; 2] = ["target", "data"];

/// The words of `text` that look like relative paths: in backticks or as the target of a link.
fn paths_in(text: &str) -> Vec<&str> {
    let ticked = text.split('`').skip(1).step_by(2).flat_map(str::split_whitespace);
    let linked = text.split("](").skip(1).filter_map(|rest| rest.split([')', '#']).next());
    let plain =
        |word: &str| word.chars().all(|letter| letter.is_ascii_alphanumeric() || "._/-".contains(letter));
    ticked.chain(linked).filter(|word| word.contains('/') && !word.starts_with('/') && plain(word)).collect()
}

/// The folders a document's paths may start from: its own, and those above it up to the top.
fn starts(document: &Path) -> Vec<PathBuf> {
    let top = repository();
    document
        .ancestors()
        .skip(1)
        .take_while(|folder| folder.starts_with(&top))
        .map(Path::to_path_buf)
        .collect()
}

#[test]
fn every_path_that_a_document_names_exists() -> Result<()> {
    let (mut faults, mut checked) = (Vec::new(), 0);
    for document in below(&repository(), &[".md"])? {
        let text = fs::read_to_string(&document)?;
        let starts = starts(&document);
        for path in paths_in(&text) {
            let first = path.split('/').next().unwrap_or_default();
            // Only what begins with a folder that is there is a path of ours, and no media type or protocol.
            if MADE.contains(&first) || !starts.iter().any(|start| start.join(first).is_dir()) {
                continue;
            }
            checked += 1;
            if !starts.iter().any(|start| start.join(path).exists()) {
                faults.push(format!("{} names {path}, which is not there", shown(&document)));
            }
        }
    }
    assert!(checked > 10, "only {checked} paths were found in the documents");
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    Ok(())
}

#[test]
fn paths_are_told_from_other_words() {
    let text = "See `tests/src/lab.rs` and [the map](docs/map.md#top), not `application/captive+json` or `cargo test`.";
    assert_eq!(paths_in(text), ["tests/src/lab.rs", "docs/map.md"]);
}
