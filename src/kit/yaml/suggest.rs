//! The word that a mistyped one was most likely meant to be: ours, or what other tools call the same thing.

/// Words of other tools, and ours.
const SYNONYMS: [(&str, &str); 43] = [
    ("maintenance", "exclude"),
    ("maintenance_windows", "exclude"),
    ("corrections", "exclude"),
    ("exclusions", "exclude"),
    ("timezone", "zone"),
    ("time_zone", "zone"),
    ("budgeting_method", "budget"),
    ("budgetingMethod", "budget"),
    ("consecutive", "after"),
    ("page_alert", "severity"),
    ("objective", "target"),
    ("goal", "target"),
    ("target_percent", "target"),
    ("window", "period"),
    ("time_window", "period"),
    ("timeWindow", "period"),
    ("team", "owner"),
    ("indicator", "sli"),
    ("error_query", "bad"),
    ("errors", "bad"),
    ("failed_requests", "bad"),
    ("total_query", "total"),
    ("success", "good"),
    ("all", "total"),
    ("metric", "histogram"),
    ("bucket", "histogram"),
    ("threshold", "under"),
    ("le", "under"),
    ("alerts", "severity"),
    ("alerting", "severity"),
    ("severities", "severity"),
    ("policy", "severity"),
    ("policies", "severity"),
    ("factor", "burn"),
    ("burn_rate", "burn"),
    ("dependencies", "depends_on"),
    ("dependsOn", "depends_on"),
    ("grouping", "group_by"),
    ("groupBy", "group_by"),
    ("query", "value"),
    ("hold", "for"),
    ("window", "over"),
    ("price", "value"),
];

/// The candidate a mistyped word most likely meant.
pub fn suggest<'c>(word: &str, candidates: &[&'c str]) -> Option<&'c str> {
    let near = |known: &str| {
        let distance = strsim::damerau_levenshtein(&word.to_lowercase(), &known.to_lowercase());
        // Of two letters, one wrong is half of it: `P3` is not meant to be `P0`.
        (distance <= known.chars().count() / 3 || distance == 0).then_some(distance)
    };
    if word.chars().count() > 40 {
        return None;
    }
    let direct = candidates.iter().filter_map(|c| near(c).map(|d| (d, *c))).min_by_key(|(d, _)| *d);
    let foreign = SYNONYMS
        .iter()
        .filter_map(|(theirs, ours)| Some((near(theirs)?, *candidates.iter().find(|c| *c == ours)?)))
        .min_by_key(|(d, _)| *d);
    match (direct, foreign) {
        (Some(a), Some(b)) => Some(if b.0 < a.0 { b.1 } else { a.1 }),
        (a, b) => a.or(b).map(|(_, c)| c),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_word_is_suggested_ours_or_that_of_other_tools() {
        let known = ["name", "target", "period", "sli", "severity", "under"];
        for (word, wanted) in [
            ("objectve", Some("target")),
            ("taget", Some("target")),
            ("Period", Some("period")),
            ("time_window", Some("period")),
            ("sil", Some("sli")),
            ("thresold", Some("under")),
            ("frobnicate", None),
            ("x", None),
        ] {
            assert_eq!(suggest(word, &known), wanted, "{word}");
        }
        assert_eq!(suggest(&"a".repeat(1_000_000), &known), None);
    }
}
