//! What users lost, and the burn rate over it.

use super::Told;
use super::head::failed;
use crate::domain::base::Interval;
use crate::domain::incident::ImpactRecord;
use crate::report::burn as picture;
use crate::report::doc::{Block, Line};
use crate::words::{Zone, time, units};

pub(in crate::report) fn impact(t: &Told<'_>) -> Vec<Block> {
    let Some(impact) = &t.facts.incident.impact else {
        return vec![Block::say(t.say(
            "Impact has not been measured: the counts are unknown, which does not mean that nothing failed.",
            "影响尚未测量：次数未知，这不表示没有失败。",
        ))];
    };
    let failed = failed(t, impact);
    let (length, stretches) = (t.length(t.facts.impact_span), stretches(t, impact));
    let mut items = vec![
        Line::say(
            t.say(format!("Users' requests: {failed}, counted from samples."), format!("用户请求：{failed}，由样本计数。")),
        ),
        Line::say(bounds(t, impact)),
        Line::say(t.say(format!("Bad for {length} in {stretches}."), format!("异常 {length}：{stretches}。"))),
    ];
    items.extend(impact.budget_spent.iter().map(|(slo, share)| {
        let share = units::percent_auto(*share);
        let spent = t.say(format!(": {share} of the period's budget spent."), format!("：用去周期预算的 {share}。"));
        Line::say(t.say("Error budget of ", "错误预算 ")).and_text(slo.as_str()).and(spent)
    }));
    if impact.budget_spent.is_empty() {
        items.push(Line::say(t.say("Error budget spent: unknown.", "消耗的错误预算：未知。")));
    }
    vec![Block::List(items)]
}

/// Restarts hide events between the last scrape and the end of a process.
fn bounds(t: &Told<'_>, impact: &ImpactRecord) -> String {
    let (low, high) = (units::count(impact.bad_low), units::count(impact.bad_high));
    if impact.bad_low < impact.bad_high {
        t.say(
            format!("The true count lies between {low} and {high}: restarts hide what came after the last scrape."),
            format!("真实次数在 {low} 与 {high} 之间：重启会隐藏最后一次抓取之后的事件。"),
        )
    } else {
        t.say("No restart is known to have hidden any.", "没有已知的重启隐藏了事件。")
    }
}

fn stretches(t: &Told<'_>, impact: &ImpactRecord) -> String {
    let told = |list: &[Interval]| {
        let parts = list.iter().map(|i| format!("{} to {}", Zone::Utc.clock(i.from), Zone::Utc.clock(i.to)));
        parts.collect::<Vec<_>>().join(", ")
    };
    let n = impact.intervals.len();
    match &*impact.intervals {
        [] => t.say("no known stretch", "没有已知时段"),
        [one] => {
            let (from, to) = (t.instant(Some(one.from)), t.instant(Some(one.to)));
            t.say(format!("one stretch, {from} to {to}"), format!("{from} 至 {to}"))
        }
        list if n <= 6 => t.say(format!("{n} stretches (UTC): {}", told(list)), format!("{n} 段（UTC）：{}", told(list))),
        list => {
            let first = told(&list[..6]);
            t.say(format!("{n} stretches, the first ones (UTC): {first}"), format!("{n} 段，前几段（UTC）：{first}"))
        }
    }
}

pub(in crate::report) fn burn(t: &Told<'_>) -> Block {
    let Some(series) = t.facts.burn.as_ref().filter(|s| s.values.iter().any(|v| v.is_finite())) else {
        return Block::say(t.say(
            "No samples were at hand when this report was made, so the burn rate is not drawn.",
            "生成本报告时没有样本，因此未画燃烧率。",
        ));
    };
    let levels = series.levels.iter().map(|(name, v)| Line::text(name).and(format!(" {}", units::burn_x(*v))));
    let levels = if series.levels.is_empty() {
        Line::default()
    } else {
        Line::say(t.say(" Levels: ", " 阈值：")).and_line(Line::joined(levels, ", ")).and(".")
    };
    let window = time::window(series.window);
    let caption = Line::say(t.say("Burn rate of ", "燃烧率 "))
        .and_text(series.slo.as_str())
        .and(t.say(format!(" over {window}, logarithmic."), format!("，窗口 {window}，对数刻度。")))
        .and_line(levels);
    Block::Picture { caption, svg: picture::svg(t, series), text: picture::chart(series, t.zone) }
}
