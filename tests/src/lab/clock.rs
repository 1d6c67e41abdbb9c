//! A clock of its own for one program: another time than the machine's, which belongs to everybody.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};

/// The environment of a program that reads its time from what `file` says ("-2h", "+600"): by a library before the system's
/// own. Monotonic clocks stay true, as in a machine whose wall clock is set.
///
/// # Errors
/// When libfaketime is not installed, or the file cannot be written.
pub fn environment(file: &Path, says: &str) -> Result<Vec<(String, String)>> {
    fs::write(file, says)?;
    let library = fs::read_dir("/usr/lib")?
        .filter_map(|folder| Some(folder.ok()?.path().join("faketime/libfaketime.so.1")))
        .find(|path| path.exists())
        .context("libfaketime is not installed; run: make packages")?;
    let variable = |name: &str, value: &Path| (name.to_owned(), value.display().to_string());
    Ok(vec![
        variable("LD_PRELOAD", &library),
        variable("FAKETIME_TIMESTAMP_FILE", file),
        variable("FAKETIME_CACHE_DURATION", Path::new("1")),
        variable("FAKETIME_DONT_FAKE_MONOTONIC", Path::new("1")),
        variable("NO_FAKE_STAT", Path::new("1")),
    ])
}
