//! The arrows inside the controller: main -> app -> doors -> machines -> rules, read off the `crate::` paths.

use std::collections::BTreeSet;
use std::fs;

use anyhow::{Result, bail};
use hotspot_tests::lab::instance::repository;

use crate::files::{below, shown};

/// Rooms from the top down. A room may use those of the rows below its own, never its row or one above.
const ROWS: [&[&str]; 6] = [
    &["main"],
    &["app"],
    &["agents", "portal", "operators", "radius"],
    &["sessions", "fleet", "stats"],
    &["policy", "geo", "pseudonyms"],
    // What everybody may use; these may use each other.
    &["config", "clock", "listen", "metrics", "seal"],
];

fn row(room: &str) -> Result<usize> {
    match ROWS.iter().position(|rooms| rooms.contains(&room)) {
        Some(row) => Ok(row),
        None => bail!(
            "the controller's room `{room}` is in no row: say in tests/layering/arrows.rs where it stands"
        ),
    }
}

/// The rooms that `text` names as `crate::room` or in `crate::{room::…, room}`.
fn rooms_named(text: &str) -> BTreeSet<String> {
    let mut rooms = BTreeSet::new();
    for (at, _) in text.match_indices("crate::") {
        let rest = &text[at + "crate::".len()..];
        if let Some(group) = rest.strip_prefix('{') {
            let mut depth = 1;
            let mut begin = true;
            for (at, letter) in group.char_indices() {
                match letter {
                    '{' => depth += 1,
                    '}' => depth -= 1,
                    ',' if depth == 1 => begin = true,
                    letter if depth == 1 && begin && letter.is_ascii_lowercase() => {
                        rooms.insert(word(&group[at..]));
                        begin = false;
                    }
                    _ => {}
                }
                if depth == 0 {
                    break;
                }
            }
        } else if rest.starts_with(|letter: char| letter.is_ascii_lowercase()) {
            rooms.insert(word(rest));
        }
    }
    rooms
}

fn word(text: &str) -> String {
    text.chars().take_while(|letter| letter.is_ascii_alphanumeric() || *letter == '_').collect()
}

#[test]
fn the_controllers_rooms_use_only_rooms_below_them() -> Result<()> {
    let source = repository().join("controller/src");
    let (mut faults, mut arrows) = (Vec::new(), 0);
    for path in below(&source, &[".rs"])? {
        let inside = path.strip_prefix(&source)?;
        let first = inside.components().next().map(|part| part.as_os_str().to_string_lossy().into_owned());
        let room = first.unwrap_or_default().trim_end_matches(".rs").to_owned();
        if room == "lib" {
            continue;
        }
        let own = row(&room)?;
        for used in rooms_named(&fs::read_to_string(&path)?) {
            let theirs = row(&used)?;
            arrows += 1;
            let base = ROWS.len() - 1;
            if used != room && theirs <= own && !(theirs == base && own == base) {
                faults.push(format!("{} uses {used}, which stands beside or above {room}", shown(&path)));
            }
        }
    }
    assert!(arrows > 20, "only {arrows} arrows were found in the controller");
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    Ok(())
}

#[test]
fn rooms_are_found_in_single_and_grouped_paths() {
    let text =
        "use crate::fleet::Links;\nuse crate::{policy::{Plan, units}, clock};\nlet x = crate::store_of(y);";
    let rooms: Vec<String> = rooms_named(text).into_iter().collect();
    assert_eq!(rooms, ["clock", "fleet", "policy", "store_of"]);
}
