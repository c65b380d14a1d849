//! Who adds up, and why: plans that ask the server, and what it costs that they do.

use super::Pair;

pub(super) const FORMS: &[Pair] = &[
    // What a query does that cannot be counted; the particular ones before those that are parts of them.
    ("a threshold compares a value and counts no events", "阈值比较的是数值，不统计事件"),
    ("`{}` is multiplied by {} and `total` by {}", "`{}` 乘以 {}，而 `total` 乘以 {}"),
    ("`{}` is multiplied by {}", "`{}` 乘以 {}"),
    ("`{}` weighs its terms differently", "`{}` 各项的权重不同"),
    ("`{}` adds terms of different units or ranges", "`{}` 把不同单位或范围的项相加"),
    ("`{}` adds no counter, it only subtracts", "`{}` 没有加任何计数器，只做减法"),
    ("`{}` adds a constant", "`{}` 加了一个常数"),
    ("`{}` counts `{}` twice", "`{}` 把 `{}` 计了两次"),
    (
        "`{}` reads `{}` without `rate` or `increase`, and its name is no counter's",
        "`{}` 读取 `{}` 时没有用 `rate` 或 `increase`，而它的名称不像计数器",
    ),
    ("`{}` reads `{}` with an offset", "`{}` 读取 `{}` 时带有 offset"),
    ("`{}` reads `{}` at a fixed time", "`{}` 读取 `{}` 的固定时刻"),
    ("`{}` reads `{}` with `or` between its labels", "`{}` 读取 `{}` 时标签之间用了 `or`"),
    ("`{}` holds a constant that is no counter", "`{}` 含有常数，不是计数器"),
    ("`{}` is no sum of counters", "`{}` 不是计数器之和"),
    ("`{}` uses `irate`, which sees two samples only", "`{}` 使用 `irate`，它只看两个样本"),
    ("`{}` uses `{}`, which is no sum of counters", "`{}` 使用 `{}`，它不是计数器之和"),
    ("`{}` uses `{}`, which is no sum", "`{}` 使用 `{}`，它不是求和"),
    ("`{}` uses `{}`, which makes no sum of counters", "`{}` 使用 `{}`，得不出计数器之和"),
    ("`{}` takes `{}` of a subquery", "`{}` 对子查询取 `{}`"),
    ("`{}` matches its terms by chosen labels", "`{}` 按选定的标签匹配各项"),
    ("`{}` compares with `{}`", "`{}` 用 `{}` 作比较"),
    ("{}; {{window}} is {}", "{}；窗口 {{window}} 为 {}"),
    ("it is measured by the server behind this view", "由本界面背后的服务器测量"),
    // Who adds up.
    ("`{}` matches {} series, more than {} (`count_up_to`)", "`{}` 匹配 {} 条序列，超过 {} 条（`count_up_to`）"),
    ("{} is added up by the server, not counted: {}", "{} 改由服务器求和，不再逐个计数：{}"),
    (
        "{} is counted event by event: for a day no selector of it matched more than {} series",
        "{} 恢复逐个事件计数：一天内它的选择器匹配的序列都不超过 {} 条",
    ),
    (
        "added up by the server, not counted: {}; counts are {}; what was until {} is {}",
        "由服务器求和，不逐个计数：{}；计数{}；{} 之前{}",
    ),
    ("added up by the server, not counted: {}; counts are {}", "由服务器求和，不逐个计数：{}；计数{}"),
    ("counted event by event again; what was until {} is {}", "已恢复逐个事件计数；{} 之前{}"),
    ("added up by the server", "由服务器求和"),
    ("counted event by event", "逐个事件计数"),
    (
        "extrapolated over {}: the events of a gap as long are lost, and so are the first ones of a new series; a blip is spread over {}, and what restarts hide has no bounds",
        "按 {} 外推：同样长的空缺中的事件会丢失，新序列最初的事件也会丢失；短暂的异常会摊到 {} 上，重启所隐藏的数量没有上下界",
    ),
    ("events of {} were added up by the server: {}", "{} 的事件由服务器求和：{}"),
    ("counts are {}", "计数{}"),
];
