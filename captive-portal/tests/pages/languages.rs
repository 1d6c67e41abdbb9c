//! Which language a visitor gets, and that it stays.

use http::Method;

use crate::support::{LANGUAGES, PATHS, Still, ask, attributes, get, post, request, state, with_language};

#[tokio::test]
async fn the_browser_chooses_and_the_link_overrules() {
    let router = Still::new(state("new")).router();
    for (uri, accept, tag, heading) in [
        ("/", "vi-VN,vi;q=0.9,en;q=0.5", "vi", "Chào bạn đến Hồ Gươm"),
        ("/", "en-GB,vi;q=0.3", "en", "Welcome to Hoan Kiem Lake"),
        ("/", "ko-KR,ko;q=0.9", "en", "Welcome to Hoan Kiem Lake"),
        ("/", "", "en", "Welcome to Hoan Kiem Lake"),
        ("/?lang=vi", "en", "vi", "Chào bạn đến Hồ Gươm"),
        ("/?lang=en", "vi", "en", "Welcome to Hoan Kiem Lake"),
        ("/?lang=tlh", "vi", "vi", "Chào bạn đến Hồ Gươm"),
    ] {
        let answer = ask(&router, request(Method::GET, uri, &[("accept-language", accept)])).await;
        assert!(answer.html().contains(&format!("<html lang=\"{tag}\">")), "{uri} {accept}");
        assert!(answer.html().contains(heading), "{uri} {accept}");
        assert_eq!(answer.header("content-language"), tag);
        assert!(answer.header("vary").contains("accept-language"));
    }
}

#[tokio::test]
async fn a_chosen_language_stays_through_links_forms_and_redirects() {
    let router = Still::new(state("new")).router();
    for path in PATHS {
        for language in LANGUAGES {
            let html = get(&router, &with_language(path, language)).await.html().to_owned();
            let links = attributes(&html, "href").into_iter().chain(attributes(&html, "action"));
            for link in links.filter(|link| link.starts_with('/')) {
                let other_language = LANGUAGES.iter().any(|tag| link.ends_with(&format!("lang={tag}")));
                // The search form carries it in a hidden field.
                let is_search =
                    link == "/guide" && html.contains(&format!("name=\"lang\" value=\"{language}\""));
                assert!(other_language || is_search, "{path} loses the language in {link}");
            }
        }
    }
    assert_eq!(post(&router, "/connect?lang=vi").await.header("location"), "/session?lang=vi");
    assert_eq!(post(&router, "/session/end?lang=en").await.header("location"), "/session?ended=yes&lang=en");
    assert_eq!(post(&router, "/connect").await.header("location"), "/session");
}

#[tokio::test]
async fn a_language_that_was_not_chosen_by_link_stays_out_of_links() {
    let router = Still::new(state("new")).router();
    let answer = ask(&router, request(Method::GET, "/", &[("accept-language", "vi")])).await;
    assert!(attributes(answer.html(), "action").contains(&"/connect".to_owned()));
}

#[tokio::test]
async fn every_page_offers_the_other_language_by_a_plain_link_to_itself() {
    let router = Still::new(state("online")).router();
    for path in PATHS {
        let html = get(&router, &with_language(path, "en")).await.html().to_owned();
        let links = attributes(&html, "href");
        let own = path.replace("/guide/?", "/guide?");
        let own = if own == "/guide/" { "/guide" } else { own.as_str() };
        // The query is encoded anew, so the link is compared up to it.
        let before_query = own.split('?').next().unwrap();
        let vi = |link: &&String| link.starts_with(before_query) && link.ends_with("lang=vi");
        assert!(links.iter().filter(vi).count() >= 2, "{path}: {links:?}");
        assert!(html.contains("lang=\"vi\" hreflang=\"vi\""), "{path}");
    }
}

#[tokio::test]
async fn names_of_places_are_told_in_the_language_of_the_page() {
    let router = Still::new(state("new")).router();
    assert!(get(&router, "/?lang=vi").await.html().contains("Nhà hát Múa rối Thăng Long"));
    assert!(get(&router, "/?lang=en").await.html().contains("Thang Long Water Puppet Theatre"));
}
