//! The icons of `templates/icons.svg`: each page carries the shapes it uses, once, at its end.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

const SHAPES: &str = include_str!("../../templates/icons.svg");
const USE: &str = "href=\"#i-";

/// `html` with the shapes of the icons used in it.
pub(super) fn add(html: String) -> String {
    let used: BTreeSet<&str> = html
        .match_indices(USE)
        .filter_map(|(at, mark)| html.get(at + mark.len()..)?.split_once('"').map(|(name, _)| name))
        .collect();
    let Some((before, after)) = html.rsplit_once("</body>") else { return html };
    let shapes: String = used.into_iter().filter_map(|name| shapes().get(name).copied()).collect();
    format!(
        "{before}<svg width=\"0\" height=\"0\" class=\"vh\" aria-hidden=\"true\" focusable=\"false\"><defs>{shapes}\
         </defs></svg>\n</body>{after}"
    )
}

/// Name and shape of every icon.
fn shapes() -> &'static BTreeMap<&'static str, &'static str> {
    static ALL: LazyLock<BTreeMap<&str, &str>> = LazyLock::new(|| {
        let named = |line: &'static str| {
            let (name, _) = line.split_once("id=\"i-")?.1.split_once('"')?;
            Some((name, line))
        };
        SHAPES.lines().filter_map(named).collect()
    });
    &ALL
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_carries_the_shape_of_each_icon_it_uses_once_and_no_other() {
        let page = format!("<body>{0}\"/>{0}\"/></body>", "<use href=\"#i-tick");
        let html = add(page);
        assert_eq!(html.matches("<symbol id=\"i-tick\"").count(), 1);
        assert_eq!(html.matches("<symbol").count(), 1);
    }
}
