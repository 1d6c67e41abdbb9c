//! The repository's own files, and what holds for each of them.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use hotspot_tests::lab::instance::repository;

/// What stands at the top of the repository, besides dotfiles.
const TOP: [&str; 10] = [
    "Cargo.toml",
    "Cargo.lock",
    "Makefile",
    "README.md",
    "LICENSE",
    "controller",
    "captive-portal",
    "ap-agent",
    "tests",
    "ansible",
];
/// Made by commands and not kept: no file of ours.
const MADE: [&str; 5] = ["target", "data", "node_modules", "venv", ".git"];

/// Every file of the repository whose name ends in one of `endings`, below `folder`.
pub fn below(folder: &Path, endings: &[&str]) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).with_context(|| format!("cannot list {}", folder.display()))? {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if path.is_dir() {
                if !MADE.contains(&name.as_ref()) {
                    folders.push(path);
                }
            } else if endings.iter().any(|ending| name.ends_with(ending)) {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

/// `path` as seen from the top of the repository.
pub fn shown(path: &Path) -> String {
    path.strip_prefix(repository()).unwrap_or(path).display().to_string()
}

#[test]
fn every_source_file_says_first_what_it_is_for() -> Result<()> {
    let files = below(&repository(), &[".rs"])?;
    let mut silent = Vec::new();
    for path in &files {
        if !fs::read_to_string(path)?.starts_with("//! ") {
            silent.push(shown(path));
        }
    }
    assert!(files.len() > 50, "only {} source files were found", files.len());
    assert!(silent.is_empty(), "these files do not begin with a //! sentence: {silent:?}");
    Ok(())
}

#[test]
fn no_module_hides_in_a_mod_rs() -> Result<()> {
    let hidden: Vec<_> = below(&repository(), &["mod.rs"])?;
    let hidden: Vec<_> =
        hidden.iter().filter(|path| path.file_name().is_some_and(|name| name == "mod.rs")).collect();
    assert!(hidden.is_empty(), "name the module after its folder, beside it: {hidden:?}");
    Ok(())
}

#[test]
fn the_top_of_the_repository_is_as_the_contract_says() -> Result<()> {
    let mut strange = Vec::new();
    for entry in fs::read_dir(repository())? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        let allowed = TOP.contains(&name.as_str()) || name == "dashboards" || MADE.contains(&name.as_str());
        if !allowed && !name.starts_with('.') {
            strange.push(name);
        }
    }
    assert!(strange.is_empty(), "these do not belong at the top: {strange:?}");
    Ok(())
}

#[test]
fn no_file_names_the_host_of_a_package_registry() -> Result<()> {
    // Written in two halves, so that this file does not name them either.
    let hosts = [("registry.npm", "js.org"), ("crates.", "io/"), ("index.crates", ".io"), ("pypi", ".org")];
    let endings = [".rs", ".toml", ".md", ".json", ".mjs", ".js", ".npmrc", "Makefile", "run", ".yml", ".sh"];
    let mut naming = Vec::new();
    for path in below(&repository(), &endings)? {
        let text = fs::read_to_string(&path).unwrap_or_default();
        if hosts.iter().any(|(begin, end)| text.contains(&format!("{begin}{end}"))) {
            naming.push(shown(&path));
        }
    }
    assert!(naming.is_empty(), "leave the registry to the machine's own settings: {naming:?}");
    Ok(())
}

#[test]
fn only_the_store_names_the_database_driver() -> Result<()> {
    let mut naming = Vec::new();
    for path in below(&repository(), &["Cargo.toml"])? {
        let manifest: Vec<String> = fs::read_to_string(&path)?.lines().map(str::to_owned).collect();
        let member = path.parent() != Some(&repository());
        if member && manifest.iter().any(|line| line.starts_with("sqlx") || line.starts_with("libsqlite3")) {
            naming.push(shown(&path));
        }
    }
    assert_eq!(naming, ["controller/crates/store/Cargo.toml"]);
    Ok(())
}
