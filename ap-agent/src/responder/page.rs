//! The page of the access point's own: the centre is away. Complete in one answer, in Vietnamese and English.

const PAGE: &str = include_str!("page/away.html");
const RELOADING: &str = include_str!("page/reloading.html");
const STILL: &str = include_str!("page/still.html");

/// The page for the access point called `ap_name`, which tells that it reloads itself every `reload_secs`.
pub(super) fn away(ap_name: &str, reload_secs: Option<u32>) -> String {
    let waiting = match reload_secs {
        Some(secs) => RELOADING.replace("@SECS@", &secs.to_string()),
        None => STILL.to_owned(),
    };
    let name = match ap_name.trim() {
        "" => String::new(),
        name => format!(
            "<p class=\"s spot\">Điểm phát · <span lang=\"en\">Access point</span>: <b>{}</b></p>",
            escaped(name)
        ),
    };
    // The name comes last, so that nothing in it is taken for a mark.
    PAGE.replace("@WAITING@", waiting.trim_end()).replace("@NAME@", &name)
}

fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars().filter(|letter| !letter.is_control()).take(120) {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            letter => safe.push(letter),
        }
    }
    safe
}
