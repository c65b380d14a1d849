//! A screen on a watch elsewhere, and lines instead of screens.

use super::Pair;

pub(super) const WORDS: &[Pair] = &[
    ("CUT OFF", "连接中断"),
    ("Asking {} for its picture.", "正在向 {} 请求画面。"),
    ("cut off from {} for {}: {} ({}, next in {})", "与 {} 的连接已中断 {}：{}（{}，{} 后再试）"),
    ("attached to {} as {}", "已连接 {}，身份 {}"),
    ("attached to {}, read-only: {}", "已连接 {}，只读：{}"),
    ("attached to {}", "已连接 {}"),
    ("no token", "没有令牌"),
    ("the server does not know this token", "服务器不认识这个令牌"),
    ("the clock of {} is {} ahead of this one: ages are off by as much", "{} 的时钟比本机快 {}：各处时长有同样的偏差"),
    ("the clock of {} is {} behind this one: ages are off by as much", "{} 的时钟比本机慢 {}：各处时长有同样的偏差"),
    (
        "{} runs burnledger {}, this screen {}: what is new there is not shown",
        "{} 运行 burnledger {}，本界面为 {}：那边的新内容不会显示",
    ),
    // Lines (`--plain`).
    ("cut off from {}: {}", "与 {} 的连接已中断：{}"),
    ("receiver {}: {}", "接收方 {}：{}"),
    ("{}, {} ok", "{}，{} 个正常"),
    ("-- {} is not evaluated any more, it was {}", "-- {} 不再评估，此前为 {}"),
    ("leads this ledger: records and pages", "主持本账本：记录并通知"),
    ("records, pages nobody", "只记录，不通知任何人"),
    ("{} leads this ledger; this view follows", "{} 主持本账本；本界面跟随"),
    ("looks only: records nothing, pages nobody", "只查看：不记录，不通知任何人"),
    ("{} (pages nobody)", "{}（不通知任何人）"),
    ("plays recorded samples", "播放录制的样本"),
    (" burn {}", " 燃烧率 {}"),
    (" budget {}", " 预算 {}"),
    (" cost {}", " 损失 {}"),
    (" for {}", " 已 {}"),
    (
        "read-only: no token that the server knows; `--token-file FILE` names one",
        "只读：没有服务器认识的令牌；用 `--token-file FILE` 指定",
    ),
];
