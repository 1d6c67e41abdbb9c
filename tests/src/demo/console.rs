//! The operators' side of the demo: signing in by the one-time link, and reading figures as a script would.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use crate::lab::Lab;
use crate::lab::command::output;

/// Who signs in to the demo's console.
pub const OPERATOR: &str = "demo@hoankiem.example";

/// A signed-in operator: a jar of cookies and where the console is.
pub struct SignedIn {
    base: String,
    jar: PathBuf,
}

/// A new one-time sign-in link, as the command prints it.
///
/// # Errors
/// When the controller gives none.
pub fn link(lab: &Lab) -> Result<String> {
    Ok(lab.controller.command(&["operator", "add", OPERATOR, "--role", "admin"])?.trim().to_owned())
}

impl SignedIn {
    /// Uses a link: looks at its page, presses its button, and finds that it works only once.
    ///
    /// # Errors
    /// When a step goes otherwise.
    pub fn by(lab: &Lab, link: &str) -> Result<Self> {
        let (base, _) = link.split_once("/sign-in/").context("the link is of another shape")?;
        let signed_in = Self { base: base.to_owned(), jar: lab.logs().join("operator.cookies") };
        let page = signed_in.curl(lab, &["--fail", link])?;
        ensure!(page.contains("<button"), "the link's page has no button");
        let origin = format!("Origin: {base}");
        let press = ["--request", "POST", "--header", &origin, "--write-out", "%{http_code}", link];
        let pressed = signed_in.curl(lab, &press)?;
        ensure!(pressed.ends_with("303"), "pressing the button is answered with {pressed}");
        let again = signed_in.curl(lab, &press)?;
        ensure!(!again.ends_with("303"), "the link works a second time");
        Ok(signed_in)
    }

    /// What the API says at `path`.
    ///
    /// # Errors
    /// When it refuses, or says no JSON.
    pub fn api(&self, lab: &Lab, path: &str) -> Result<Value> {
        let text = self.curl(lab, &["--fail", &format!("{}{path}", self.base)])?;
        serde_json::from_str(&text).with_context(|| format!("{path} is no JSON: {text}"))
    }

    /// The page at `path`.
    ///
    /// # Errors
    /// When it is refused.
    pub fn page(&self, lab: &Lab, path: &str) -> Result<String> {
        self.curl(lab, &["--fail", &format!("{}{path}", self.base)])
    }

    fn curl(&self, lab: &Lab, words: &[&str]) -> Result<String> {
        let mut command = lab.controller.netns().command("curl");
        command.args(["--silent", "--show-error", "--max-time", "10", "--cookie-jar"]).arg(&self.jar);
        if fs::exists(&self.jar).unwrap_or(false) {
            command.arg("--cookie").arg(&self.jar);
        }
        output(command.args(words))
    }
}
