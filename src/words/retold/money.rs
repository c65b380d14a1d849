//! What a cost sheet says in words: formulas, where inputs come from, assumptions, and why a line is missing.
//!
//! Numbers, currencies, queries, files, people and streams stand as they are.

use super::{Pair, in_chinese, values};

pub(super) const FORMS: &[Pair] = &[
    // Assumptions.
    ("A responder works from their first entry on the incident to its mitigation", "响应人员从在事故中的首条记录工作到缓解为止"),
    ("People's hours are those that a person declared for all of them, reviews included", "人力投入以人声明的为准，已含复盘"),
    ("Time of people is an opportunity cost: salaries are paid anyway", "人力时间是机会成本：工资照付"),
    (
        "Customers claim the stated share of their credits; a credit takes from revenue, it is no expense",
        "客户按所述比例索取赔付；赔付冲减收入，不是支出",
    ),
    (
        "Every customer claims their credit in time; a credit takes from revenue, it is no expense",
        "每位客户都按时索取赔付；赔付冲减收入，不是支出",
    ),
    (
        "Without the incident orders would have been the median of the earlier weeks, at the level of the time before it (g)",
        "若无事故，订单为前几周的中位数，按事故前的水平（g）折算",
    ),
    (
        "Without the incident orders would have been the median of the earlier weeks, without a level factor",
        "若无事故，订单为前几周的中位数，不作水平折算",
    ),
    ("Without the incident orders would have been the stated baseline", "若无事故，订单为所述基线"),
    ("Without the incident orders would have come at the baseline rate all the time", "若无事故，订单一直按基线速率到来"),
    ("Without the incident sessions would have bought at the normal conversion (c0)", "若无事故，会话按正常转化率（c0）成交"),
    (
        "Every failed transaction counts as one lost sale, but for the share that comes back (r)",
        "每笔失败交易计为一笔流失销售，扣除回流的比例（r）",
    ),
    (
        "Failures beyond the normal rate (p0) count as lost sales, but for the share that comes back (r)",
        "超出正常失败率（p0）的失败计为流失销售，扣除回流的比例（r）",
    ),
    ("Orders that came back are worth what the lost ones were", "回流订单的价值与流失订单相同"),
    ("Extra capacity is assumed as a share of the base cost, not metered", "额外容量按基础成本的比例假定，并非实测"),
    (
        "Minutes that several incidents cover are counted once and split evenly between them",
        "多起事故重叠的分钟只计一次，由它们平分",
    ),
    ("Customers who left beyond the normal share left because of the incident", "超出正常比例流失的客户因本次事故流失"),
    // Notes.
    ("no worse than on other days: nothing was lost", "不比平日差：没有损失"),
    ("no more left than on other days: nothing was lost", "流失不多于平日：没有损失"),
    ("more came than the baseline: nothing was lost", "多于基线：没有损失"),
    (
        "no measurable loss: the shortfall is within two standard errors of the baseline",
        "无可测量的损失：缺口在基线的两个标准误之内",
    ),
    ("buckets without data, left out on both sides: {}", "没有数据的时段，两边都不计：{}"),
    ("weeks left out of the baseline: {}", "基线中剔除的周数：{}"),
    (
        "fallback: {} earlier week is usable, {} are needed; the baseline is the median of the three hours before",
        "退而求其次：可用的前几周只有 {} 周，需要 {} 周；基线取之前三小时的中位数",
    ),
    (
        "fallback: {} earlier weeks are usable, {} are needed; the baseline is the median of the three hours before",
        "退而求其次：可用的前几周只有 {} 周，需要 {} 周；基线取之前三小时的中位数",
    ),
    ("provisional: orders may come back until {}", "暂定：{} 之前订单可能回流"),
    // Why a line is missing.
    ("given as null in {}", "在 {} 中为 null"),
    ("no bad minute was measured", "没有测得异常分钟"),
    ("its failed transactions were not counted", "未统计其失败交易"),
    ("its counter is not read", "未读取其计数器"),
    ("its counter could not be read over the whole impact", "影响期间未能完整读取其计数器"),
    ("its counter has no samples in the impact", "影响期间其计数器没有样本"),
    ("its replicas were not counted", "未统计其副本数"),
    ("its replicas have no samples in the impact", "影响期间没有副本数样本"),
    ("its months cannot be told", "无法确定其月份"),
    ("nothing was counted that its rate could be of", "没有可据以计算比率的计数"),
    ("nothing is known of the stream {}", "没有收入流 {} 的信息"),
    ("nobody is known to have responded", "没有已知的响应人员"),
    ("has no role and there is no default role", "没有角色，也没有默认角色"),
    ("the role {} has no rate", "角色 {} 没有费率"),
    ("{} were declared, and no default role says at which rate", "已声明 {}，但没有默认角色说明按哪个费率"),
    ("the amount is too large to compute", "金额过大，无法计算"),
    ("the sum is too large to compute", "总额过大，无法计算"),
    ("the count {} is no count", "{} 不是计数"),
    ("its recovered fraction {} is not between 0 and 1", "其回流比例 {} 不在 0 与 1 之间"),
    ("no exchange rate between {} and {} is given", "没有给出 {} 与 {} 之间的汇率"),
    ("the exchange rate between {} and {} is not positive", "{} 与 {} 之间的汇率不是正数"),
    ("neither three earlier weeks nor the hours before are known", "前三周与之前数小时的数据都没有"),
    // Why it was computed again.
    ("impact or people changed", "影响或人员有变化"),
    ("the time in which orders may come back has passed", "订单可能回流的时间已过"),
    ("another incident covers minutes of it, too", "另一起事故也覆盖其中的分钟"),
    ("people's hours were declared", "声明了人力投入"),
    // Where inputs come from.
    (
        "{} over {} (the 24 hours before, incidents left out) from {}: {} steps with samples, {} series",
        "{}，时段 {}（之前 24 小时，不含事故），来自 {}：{} 步有样本，{} 条序列",
    ),
    (
        "{} over {} from {}: {} steps with samples, {} series; between {} and {} because of restarts",
        "{}，时段 {}，来自 {}：{} 步有样本，{} 条序列；因重启介于 {} 与 {} 之间",
    ),
    ("{} over {} from {}: {} steps with samples, {} series", "{}，时段 {}，来自 {}：{} 步有样本，{} 条序列"),
    ("{} over {} from {}, above the baseline", "{}，时段 {}，来自 {}，高于基线的部分"),
    ("{} over the impact from {}", "{}，影响期间，来自 {}"),
    ("bad minutes of the incident in {}", "事故的异常分钟，{}"),
    ("bad minutes of the incident", "事故的异常分钟"),
    ("{} for each lost transaction of stream {}", "收入流 {2} 每笔流失交易 {1}"),
    ("declared by a person", "由人声明"),
    ("declared by {}", "由 {} 声明"),
    (
        "ledger: from the person's first entry on the incident to its mitigation, stretches joined",
        "账本：从本人在事故中的首条记录到缓解，合并各段",
    ),
    ("{}: value ({}) of stream {}", "{}：收入流 {3} 的单价（{2}）"),
    ("{}: recovered fraction of stream {}", "{}：收入流 {} 的回流比例"),
    ("{}: labour rate of {}", "{}：{} 的人力费率"),
    ("{}: capacity {}", "{}：容量 {}"),
    ("{}: contract {}", "{}：合同 {}"),
    ("minutes that several of {} cover are split evenly between them", "{} 重叠的分钟由它们平分"),
    ("union of {}", "{} 的并集"),
    // Values of inputs.
    ("{} min before, {} min of the incident, of {} min", "此前 {} 分钟，本次事故 {} 分钟，共 {} 分钟"),
    (
        "{} min before, {} min of the incident, too short to count, of {} min",
        "此前 {} 分钟，本次事故 {} 分钟（太短，不计），共 {} 分钟",
    ),
    ("{} consecutive min", "连续 {} 分钟"),
];

/// Names in formulas and of inputs. Letters alone (F, v, r, p0) are the same in every language.
const NAMES: &[Pair] = &[
    ("sum of", "合计"),
    ("baseline", "基线"),
    ("minutes of the union", "并集分钟"),
    ("spread of the baseline", "基线离散度"),
    ("minutes", "分钟"),
    ("drop", "降幅"),
    ("sessions", "会话"),
    ("orders", "订单"),
    ("people", "人数"),
    ("hours", "小时"),
    ("rate", "费率"),
    ("tickets", "工单"),
    ("cost of one", "单价"),
    ("count", "数量"),
    ("each", "单价"),
    ("amount", "金额"),
    ("fee", "月费"),
    ("tiers", "档位"),
    ("tier", "档位"),
    ("cap", "上限"),
    ("counted from", "起计"),
    ("base cost", "基础成本"),
    ("extra share", "额外比例"),
    ("replicas", "副本数"),
    ("time", "时间"),
    ("price", "单价"),
    ("actual", "实际"),
    ("after", "事故后"),
    ("normal", "平日"),
    ("already counted", "已计入"),
    ("buckets", "时段"),
    ("union", "并集"),
    ("share", "份额"),
    ("premium", "加成"),
    ("review", "复盘"),
    ("downtime", "停机时间"),
    ("exchange", "汇率"),
];

fn name(english: &str) -> Option<&'static str> {
    NAMES.iter().find(|(name, _)| *name == english).map(|(_, chinese)| *chinese)
}

/// `F × v × (1 − r) = 1594 × 16.61 USD = 26476.34 USD`: what stands before the numbers are names; of the rest a few words are ours.
pub(in crate::words) fn formula(text: &str) -> String {
    if let Some(given) = text.strip_prefix("given: ") {
        return format!("给定：{given}");
    }
    let Some((names, numbers)) = text.split_once(" = ") else { return text.to_owned() };
    let own = values("{}; of it {} for {}: {}", numbers).filter(|v| v.len() == 4);
    let numbers = match own.as_deref() {
        Some([all, value, id, amount]) => format!("{all}；其中 {value} 归 {id}：{amount}"),
        _ => numbers.to_owned(),
    };
    let numbers =
        numbers.replace(" is within chance)", " 在随机波动之内)").replace(" claimed", " 索赔").replace(") review ", ") 复盘 ");
    format!("{} = {numbers}", symbols(names))
}

/// Names of one or more words between signs, brackets and letters.
fn symbols(text: &str) -> String {
    let is_name = |c: char| c.is_ascii_alphabetic() || c == ' ';
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let end = rest.find(|c| is_name(c) != is_name(first)).unwrap_or(rest.len());
        let (part, after) = rest.split_at(end);
        let trimmed = part.trim();
        // `sum of fee`: two names in a row.
        let two = || {
            let rest = trimmed.strip_prefix("sum of ")?;
            Some(format!("{} {}", name("sum of")?, name(rest)?))
        };
        match name(trimmed).map(str::to_owned).or_else(two).filter(|_| is_name(first)) {
            Some(chinese) => out.push_str(&part.replacen(trimmed, &chinese, 1)),
            None => out.push_str(part),
        }
        rest = after;
    }
    out
}

/// The name of an input: `baseline`, `rate (oncall)`, `acme downtime`, `exchange EUR/USD`.
pub(in crate::words) fn input(text: &str) -> String {
    if let Some(chinese) = name(text) {
        return chinese.to_owned();
    }
    let first = text.split_once(' ').and_then(|(first, rest)| Some(format!("{} {rest}", name(first)?)));
    let last = text.rsplit_once(' ').and_then(|(rest, last)| Some(format!("{rest} {}", name(last)?)));
    first.or(last).unwrap_or_else(|| text.to_owned())
}

/// An assumption: one of ours, or a person's with who holds it.
pub(in crate::words) fn assumption(text: &str) -> String {
    if let Some(ours) = in_chinese(text) {
        return ours;
    }
    let Some((said, held)) = text.strip_suffix(')').and_then(|t| t.rsplit_once(" (")) else { return text.to_owned() };
    let detail = |part: &str| {
        let [owner, source, since] = ["owner ", "source ", "as of "].map(|word| part.strip_prefix(word));
        let told = owner.map(|o| format!("负责人 {o}")).or(source.map(|s| format!("来源 {s}")));
        told.or(since.map(|d| format!("截至 {d}")))
    };
    let details: Option<Vec<String>> = held.split("; ").map(detail).collect();
    details.map_or_else(|| text.to_owned(), |details| format!("{said}（{}）", details.join("；")))
}

/// Remarks that stand in one line, apart by semicolons.
pub(in crate::words) fn remarks(text: &str) -> String {
    let parts: Vec<Option<String>> = text.split("; ").map(in_chinese).collect();
    // A form that ends in a value would take the remarks after it for a part of that.
    if parts.iter().all(Option::is_some) {
        return parts.into_iter().flatten().collect::<Vec<_>>().join("；");
    }
    let each = text.split("; ").zip(parts).map(|(part, told)| told.unwrap_or_else(|| part.to_owned()));
    in_chinese(text).unwrap_or_else(|| each.collect::<Vec<_>>().join("；"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_keep_their_numbers() {
        for (english, chinese) in [
            (
                "F × v × (1 − r) = 1594 × 16.61 USD × (1 − 0) = 26476.34 USD",
                "F × v × (1 − r) = 1594 × 16.61 USD × (1 − 0) = 26476.34 USD",
            ),
            ("people × hours × rate = 3 × 2 h × 95 USD/h = 570 USD", "人数 × 小时 × 费率 = 3 × 2 h × 95 USD/h = 570 USD"),
            (
                "sum of fee × (tier(D + x) − tier(D)) = acme 100 USD × (0.1 − 0) × 0.5 claimed = 5 USD",
                "合计 月费 × (档位(D + x) − 档位(D)) = acme 100 USD × (0.1 − 0) × 0.5 索赔 = 5 USD",
            ),
            ("given: 100 USD", "给定：100 USD"),
            (
                "baseline × minutes × drop = 4/min = 40 USD; of it 0.5 for INC-0002: 20 USD",
                "基线 × 分钟 × 降幅 = 4/min = 40 USD；其中 0.5 归 INC-0002：20 USD",
            ),
        ] {
            assert_eq!(formula(english), chinese);
        }
    }

    #[test]
    fn inputs_assumptions_and_remarks_keep_what_others_wrote() {
        for (english, chinese) in
            [("rate (oncall)", "费率 (oncall)"), ("acme downtime", "acme 停机时间"), ("F", "F"), ("base cost", "基础成本")]
        {
            assert_eq!(input(english), chinese);
        }
        assert_eq!(assumption("aov: 16.61 (owner ann; as of 2026-01)"), "aov: 16.61（负责人 ann；截至 2026-01）");
        assert_eq!(assumption("aov: as asked (twice)"), "aov: as asked (twice)");
        assert_eq!(
            remarks("weeks left out of the baseline: 2; more came than the baseline: nothing was lost"),
            "基线中剔除的周数：2；多于基线：没有损失"
        );
    }
}
