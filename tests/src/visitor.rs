//! What a visitor does, without a browser: the phone's probe, the portal's splash, the tap, the page of success.

use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};

use crate::lab::addresses::PORTAL_NAME;
use crate::lab::controller::portal_url;
use crate::lab::http::{Answer, Client, Request};
use crate::lab::wait::wait_for;

/// The probe of a phone: answered by 204 when it is on line.
pub const PROBE: &str = "http://connectivitycheck.gstatic.com/generate_204";
const CONFIRM_LIMIT: Duration = Duration::from_secs(15);

/// What a phone learns from its probe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// It reaches the internet.
    Online,
    /// It is sent to a portal.
    Captive {
        /// Where the portal is.
        portal: String,
    },
    /// The access point answers by itself: the controller is away.
    Local,
}

/// The portal's first page.
pub struct Splash {
    /// The answer it came in.
    pub page: Answer,
    /// Its language, from the `lang` attribute.
    pub language: String,
    /// Where its form posts to.
    action: String,
    /// The form's hidden fields.
    fields: Vec<(String, String)>,
}

/// What came of a tap.
pub struct Tapped {
    /// From the POST sent to the 303 received.
    pub took: Duration,
    /// The page after it.
    pub page: Answer,
}

/// Probes as a phone does.
///
/// # Errors
/// When there is no answer, or one no phone would understand.
pub fn probe(client: &Client) -> Result<Standing> {
    let answer = client.get(PROBE)?;
    match answer.status {
        204 => Ok(Standing::Online),
        302 => Ok(Standing::Captive { portal: answer.location()? }),
        200 if !answer.body.is_empty() => Ok(Standing::Local),
        other => bail!("the probe was answered with {other}: no phone makes anything of it"),
    }
}

/// Opens the portal's page at `url` and finds the one form in it.
///
/// # Errors
/// When the page is not the splash.
pub fn open_splash(client: &Client, url: &str) -> Result<Splash> {
    let page = client.get(url)?;
    ensure!(page.status == 200, "the portal answered {url} with {}", page.status);
    let html = page.text();
    let language =
        attribute(&html, "<html", "lang").context("the page does not say its language")?.to_owned();
    let form =
        form_to(&html, "/connect").with_context(|| format!("the page at {url} has no form to connect"))?;
    let action = attribute(form, "<form", "action").context("the form goes nowhere")?;
    let action = if action.starts_with('/') { portal_url() + action } else { action.to_owned() };
    Ok(Splash { fields: hidden_fields(form), language, action, page })
}

/// Posts the splash's form and follows the answer; when the access point needs a moment, waits as the page tells a
/// browser to.
///
/// # Errors
/// When the tap does not end on the session page.
pub fn tap(client: &Client, splash: &Splash) -> Result<Tapped> {
    let answer = client.post_form(&splash.action, &splash.fields)?;
    let took = answer.waited;
    let page = match answer.status {
        303 => client.get(&answer.location()?)?,
        200 | 202 => wait_for("the access point to let the phone in", CONFIRM_LIMIT, || {
            client.get(&session_url()).ok().filter(|page| page.status == 200 && is_session(page))
        })?,
        other => bail!("the tap was answered with {other}: {}", title(&answer)),
    };
    ensure!(
        page.status == 200 && is_session(&page),
        "after the tap comes no session page but {}",
        page.status
    );
    Ok(Tapped { took, page })
}

/// A whole first visit: probe, splash, tap, and a probe that finds the internet.
///
/// # Errors
/// When a step goes otherwise.
pub fn get_online(client: &Client) -> Result<Tapped> {
    let Standing::Captive { portal } = probe(client)? else { bail!("the phone is not sent to the portal") };
    let splash = open_splash(client, &portal)?;
    let tapped = tap(client, &splash)?;
    ensure!(probe(client)? == Standing::Online, "the phone was let in and yet its probe is not answered");
    Ok(tapped)
}

/// Logs out on the session page and returns the page that reports it.
///
/// # Errors
/// When the page has no form to log out, or the answer does not arrive.
pub fn log_out(client: &Client) -> Result<Answer> {
    let page = client.get(&session_url())?;
    let html = page.text();
    let form = form_to(&html, "/session/end").context("the session page has no form to log out")?;
    let answer = client.post_form(&(portal_url() + "/session/end"), &hidden_fields(form))?;
    match answer.status {
        200 => Ok(answer),
        303 => client.get(&answer.location()?),
        other => bail!("the log-out was answered with {other}"),
    }
}

/// What the captive-portal API says (RFC 8908).
///
/// # Errors
/// When it does not answer with JSON of its own media type.
pub fn captive_api(client: &Client, url: &str) -> Result<serde_json::Value> {
    let headers = [("Accept", "application/captive+json")];
    let answer = client.send(&Request { headers: &headers, ..Request::get(url) })?;
    ensure!(answer.status == 200, "the API answered with {}", answer.status);
    let media = answer.header("content-type").unwrap_or_default();
    ensure!(media.starts_with("application/captive+json"), "the API answers as {media}");
    let cache = answer.header("cache-control").unwrap_or_default();
    ensure!(cache.contains("private") && cache.contains("no-store"), "the API may be cached: {cache}");
    serde_json::from_slice(&answer.body).context("the API's answer is not JSON")
}

/// Whether the captive-portal API calls this phone captive.
///
/// # Errors
/// When it does not answer as RFC 8908 says.
pub fn is_captive(client: &Client) -> Result<bool> {
    let answer = captive_api(client, &api_url())?;
    answer.get("captive").and_then(serde_json::Value::as_bool).context("the API does not say `captive`")
}

/// The captive-portal API's address.
#[must_use]
pub fn api_url() -> String {
    portal_url() + "/api/captive"
}

/// The session page's address.
#[must_use]
pub fn session_url() -> String {
    format!("https://{PORTAL_NAME}/session")
}

/// The title of a page, for messages.
fn title(page: &Answer) -> String {
    let html = page.text();
    let title = html.split("<title>").nth(1).and_then(|rest| rest.split('<').next());
    title.unwrap_or("no page").to_owned()
}

fn is_session(page: &Answer) -> bool {
    form_to(&page.text(), "/session/end").is_some()
}

/// The part of `html` from the form that posts to `path` to its end.
fn form_to<'a>(html: &'a str, path: &str) -> Option<&'a str> {
    let forms = html.match_indices("<form").filter_map(|(at, _)| html.get(at..));
    let mut matching = forms.filter(|form| {
        attribute(form, "<form", "action").is_some_and(|action| {
            let action = action.split(['?', '#']).next().unwrap_or_default();
            action.trim_start_matches(&portal_url()) == path
        })
    });
    let form = matching.next()?;
    form.get(..form.find("</form").unwrap_or(form.len()))
}

/// The names and values of the hidden fields in `form`.
fn hidden_fields(form: &str) -> Vec<(String, String)> {
    let inputs = form.match_indices("<input").filter_map(|(at, _)| form.get(at..));
    let hidden = inputs.filter(|input| attribute(input, "<input", "type") == Some("hidden"));
    hidden
        .filter_map(|input| {
            let name = attribute(input, "<input", "name")?;
            Some((name.to_owned(), attribute(input, "<input", "value").unwrap_or_default().to_owned()))
        })
        .collect()
}

/// The value of `name` in the first tag of `html` that begins with `tag`.
fn attribute<'a>(html: &'a str, tag: &str, name: &str) -> Option<&'a str> {
    let begin = html.find(tag)? + tag.len();
    let inside = html.get(begin..)?;
    let inside = inside.get(..inside.find('>')?)?;
    let mut rest = inside;
    while let Some(at) = rest.find(name) {
        let before = rest.get(..at)?;
        let after = rest.get(at + name.len()..)?;
        if before.ends_with(char::is_whitespace) && after.starts_with('=') {
            let value = after.get(1..)?;
            return match value.chars().next()? {
                quote @ ('"' | '\'') => value.get(1..)?.split(quote).next(),
                _ => value.split(char::is_whitespace).next(),
            };
        }
        rest = after;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "<!doctype html><html lang=\"vi\"><form action=/search></form>\
        <form class=\"go\" method=post action=\"/connect?lang=vi\"><input type=\"hidden\" name=\"f\" value=\"v1\">\
        <input type=text name=q><button>Kết nối</button></form>";

    #[test]
    fn the_form_to_connect_is_found_among_others() {
        let form = form_to(PAGE, "/connect").unwrap();
        assert_eq!(attribute(form, "<form", "action"), Some("/connect?lang=vi"));
        assert_eq!(hidden_fields(form), [("f".to_owned(), "v1".to_owned())]);
        assert!(form_to(PAGE, "/session/end").is_none());
    }

    #[test]
    fn attributes_are_read_with_and_without_quotes() {
        assert_eq!(attribute(PAGE, "<html", "lang"), Some("vi"));
        assert_eq!(attribute("<input data-name=x name=y>", "<input", "name"), Some("y"));
        assert_eq!(attribute("<input>", "<input", "name"), None);
    }
}
