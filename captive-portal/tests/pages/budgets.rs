//! What a page may weigh: one response, compressed as phones get it.

use http::Method;

use crate::support::{LANGUAGES, PATHS, Still, ask, request, states, with_language};

/// Limits in bytes (the first fits into one initial congestion window).
const FIRST: usize = 14_336;
const GUIDE: usize = 30_720;

#[tokio::test]
async fn every_page_in_every_state_and_language_stays_within_its_budget() {
    let mut heaviest = (0, String::new());
    let mut checked = 0;
    for (name, visitor) in states() {
        let router = Still::new(visitor).router();
        for path in PATHS {
            for language in LANGUAGES {
                let uri = with_language(path, language);
                let answer = ask(&router, request(Method::GET, &uri, &[("accept-encoding", "gzip")])).await;
                assert_eq!(answer.header("content-encoding"), "gzip", "{name} {uri}");
                // The start page of somebody online or elsewhere is the guide.
                let is_guide = path.starts_with("/guide")
                    || path == "/" && (name == "public" || name.starts_with("online"));
                let limit = if is_guide { GUIDE } else { FIRST };
                assert!(answer.body.len() <= limit, "{name} {uri} weighs {} bytes", answer.body.len());
                heaviest = heaviest.max((answer.body.len(), format!("{name} {uri}")));
                checked += 1;
            }
        }
    }
    assert_eq!(checked, states().len() * PATHS.len() * LANGUAGES.len());
    println!("{checked} pages, the heaviest has {} bytes: {}", heaviest.0, heaviest.1);
}
