//! Using the console: what the keyboard reaches, what works without a script, what stays when figures change.

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use super::preview::Preview;
use super::run;

fn at<'a>(result: &'a Value, pointer: &str) -> Result<&'a Value> {
    result.pointer(pointer).with_context(|| format!("{pointer} is missing in {result:#}"))
}

#[test]
fn the_console_can_be_used_by_keyboard_without_script_live_and_in_both_languages() -> Result<()> {
    let preview = Preview::start()?;
    let result = run("console-use.mjs", &json!({ "base": preview.base() }))?;
    ensure!(result.get("ok") == Some(&Value::Bool(true)), "{result:#}");

    for stop in ["/kick/link", "/kick/button"] {
        ensure!(at(&result, stop)?.is_object(), "the keyboard does not reach {stop}");
        let width = at(&result, &format!("{stop}/outlineWidth"))?.as_f64().unwrap_or(0.0);
        ensure!(
            width >= 2.0 && *at(&result, &format!("{stop}/outlineStyle"))? != "none",
            "no focus is seen: {result:#}"
        );
    }
    let ended = "The visit was ended and the gate is closed.";
    assert_eq!(at(&result, "/kick/said")?, ended);
    assert_eq!(at(&result, "/kickWithoutScript/said")?, ended);

    ensure!(at(&result, "/withoutScript/plot")?.as_f64().unwrap_or(0.0) > 50.0, "no plot without a script");
    assert_eq!(at(&result, "/withoutScript/rows")?, 26);
    assert_eq!(at(&result, "/withoutScript/pause")?, false);

    let live = at(&result, "/live")?;
    assert_ne!(at(live, "/before")?, at(live, "/after")?);
    for kept in ["/document", "/focus", "/open", "/paused"] {
        ensure!(*at(live, kept)? == true, "{kept} was lost when figures changed: {live:#}");
    }
    assert_eq!(at(live, "/scroll")?, at(live, "/scrollBefore")?);
    assert_eq!(*at(live, "/errors")?, json!([]));

    assert_eq!(
        *at(&result, "/language")?,
        json!({ "first": "en", "chosen": "vi", "back": "/aps?sort=id", "remembered": "vi" })
    );

    let strangers = at(&result, "/strangers")?;
    assert_eq!(*at(strangers, "/made")?, 0);
    assert_eq!(*at(strangers, "/dialogs")?, 0);
    assert_eq!(*at(strangers, "/errors")?, json!([]));
    let text = at(strangers, "/text")?.as_str().unwrap_or_default();
    for shown in ["<b>free</b>", "\"><script>alert(1)</script>", "U+0000", "FF", "U+202E", "nguyễn.văn.an"]
    {
        ensure!(text.contains(shown), "{shown} is not shown as it is: {text}");
    }
    Ok(())
}
