//! Names of metrics in expressions.

use std::collections::BTreeSet;

/// What Prometheus appends to the name of a histogram.
const SUFFIXES: [&str; 3] = ["_bucket", "_sum", "_count"];

/// The metrics that `expr` names: those of ours and those that our rules record.
pub fn in_expression(expr: &str) -> BTreeSet<String> {
    let unquoted: String = expr.split('"').step_by(2).collect::<Vec<_>>().join(" ");
    let words =
        unquoted.split(|letter: char| !letter.is_ascii_alphanumeric() && !matches!(letter, '_' | ':'));
    let ours = |word: &&str| {
        let plain = word.starts_with("hotspot_") || word.starts_with("process_");
        plain || (word.contains(':') && word.split(':').any(|part| part.starts_with("hotspot_")))
    };
    words.filter(ours).map(str::to_owned).collect()
}

/// The metric a series belongs to: that of a histogram for its buckets, sum and count.
pub fn family(series: &str, families: &BTreeSet<String>) -> String {
    let base = SUFFIXES.iter().find_map(|suffix| series.strip_suffix(suffix));
    match base {
        Some(base) if families.contains(base) => base.to_owned(),
        Some(_) | None => series.to_owned(),
    }
}

#[test]
fn names_are_found_between_functions_labels_and_strings() {
    let expr = "histogram_quantile(0.5, sum by (le) (rate(hotspot_a_seconds_bucket{job=\"hotspot_x\"}[5m]))) > \
                on (instance) kind:hotspot_b:sum + process_open_fds or vector(0)";
    let found: Vec<String> = in_expression(expr).into_iter().collect();
    assert_eq!(found, ["hotspot_a_seconds_bucket", "kind:hotspot_b:sum", "process_open_fds"]);
    let families = BTreeSet::from(["hotspot_a_seconds".to_owned()]);
    assert_eq!(family("hotspot_a_seconds_bucket", &families), "hotspot_a_seconds");
    assert_eq!(family("hotspot_dropped_count", &families), "hotspot_dropped_count");
}
