//! Where numbers come from and where they are kept: sources, links, the ledger, history on disk, receivers.

use super::Pair;

pub(super) const FORMS: &[Pair] = &[
    // Sources. The particular ones first: a form that is a part of another would take its text.
    ("{} refused the credentials (HTTP {})", "{} 拒绝了凭据（HTTP {}）"),
    ("{} refused the query: {}", "{} 拒绝了查询：{}"),
    ("{} failed (HTTP {}): {}", "{} 出错（HTTP {}）：{}"),
    ("{} sent something that is no Prometheus answer: {}", "{} 的应答不是 Prometheus 格式：{}"),
    ("{} has more than {} series for {}; narrow the selector", "{1} 中 {3} 的序列超过 {2} 条；请收窄选择器"),
    ("{} has more than {} samples for {}; narrow the selector", "{1} 中 {3} 的样本超过 {2} 个；请收窄选择器"),
    ("{} has more than {} bytes for this query; narrow the selector", "{} 的应答超过 {} 字节；请收窄选择器"),
    ("{} has more than {} {} for {}; narrow the selector", "{1} 中 {4} 超过 {2} {3}；请收窄选择器"),
    (
        "{}: the file was removed or replaced while it was in use, so nothing is recorded; put it back, or start again",
        "{}：文件在使用中被删除或替换，因此什么也没有记录；请放回原处，或重新启动",
    ),
    ("{} is not asked until {}: {}", "{} 在 {} 之前不再查询：{}"),
    ("{} could not be reached: {}", "无法连接 {}：{}"),
    ("{} did not answer within {}", "{} 在 {} 内没有应答"),
    ("recorded samples cannot answer this: {}", "录制的样本无法回答：{}"),
    ("an answer that was cut off ({})", "应答中途断开（{}）"),
    ("JSON without a status and data", "没有 status 与 data 的 JSON"),
    ("a stream of chunks that was cut off", "中途断开的数据块流"),
    ("a frame that is no message", "无法解析的帧"),
    ("a damaged chunk", "损坏的数据块"),
    // HTTP.
    ("this is no address: {}", "这不是地址：{}"),
    ("the request cannot be made: {}", "无法发出请求：{}"),
    ("no connection: {}", "无法建立连接：{}"),
    ("no answer within {}", "{} 内没有应答"),
    ("it redirects to {}; configure that address instead", "它重定向到 {}；请直接配置该地址"),
    ("the answer was cut off: {}", "应答中途断开：{}"),
    ("the answer is longer than {} bytes", "应答超过 {} 字节"),
    // A watch elsewhere.
    ("it wants a token that it knows (`--token-file FILE`)", "需要它认识的令牌（`--token-file FILE`）"),
    ("it has no such page; is it a burnledger of this version?", "它没有这个页面；对方是同一版本的 burnledger 吗？"),
    ("it answered with HTTP {}", "它以 HTTP {} 应答"),
    (
        "it runs burnledger {}, whose pictures (version {}) this program ({}, version {}) cannot read",
        "它运行 burnledger {}，本程序（{3}，画面版本 {4}）读不懂它的画面（版本 {2}）",
    ),
    ("what it sent is no picture of burnledger's: {}", "它发来的不是 burnledger 的画面：{}"),
    ("what it sent could not be read", "它发来的内容无法读取"),
    ("the server answered something else", "服务器答非所问"),
    // The ledger.
    ("the ledger could not be written: {}", "无法写入账本：{}"),
    ("another process ({}) leads this ledger now", "现由另一进程（{}）主持本账本"),
    ("{} changed meanwhile; read it again and decide anew", "{} 期间已变化；请重新读取后再决定"),
    ("{}: entry {} is damaged: {}", "{}：第 {} 条记录已损坏：{}"),
    (
        "{} was written by a newer burnledger (schema {}, this program knows {}); nothing was changed",
        "{} 由更新版本的 burnledger 写成（结构版本 {}，本程序只认识 {}）；未作任何改动",
    ),
    ("the ledger refused this: {}", "账本拒绝了：{}"),
    ("{}: no room is left on the disk; free some, nothing was recorded ({})", "{}：磁盘已满；请腾出空间，未记录任何内容（{}）"),
    (
        "{}: it may not be written; check the permissions of the file and its folder ({})",
        "{}：不可写；请检查文件及其文件夹的权限（{}）",
    ),
    (
        "{}: it cannot be opened; check that its folder exists and may be written ({})",
        "{}：无法打开；请检查其文件夹是否存在且可写（{}）",
    ),
    (
        "{}: another process kept it locked; try again, or look for one that hangs ({})",
        "{}：被另一进程长时间锁定；请重试，或查找挂起的进程（{}）",
    ),
    (
        "{}: it is no burnledger ledger; name another file with --ledger ({})",
        "{}：这不是 burnledger 的账本；请用 --ledger 指定另一文件（{}）",
    ),
    (
        "{}: it is damaged; keep a copy of it and bring back a backup, nothing was overwritten ({})",
        "{}：文件已损坏；请保留一份副本并恢复备份，未覆盖任何内容（{}）",
    ),
    (
        "{}: the disk failed to read or write; check it, nothing was recorded ({})",
        "{}：磁盘读写失败；请检查磁盘，未记录任何内容（{}）",
    ),
    ("{}: the ledger could not be used ({})", "{}：账本无法使用（{}）"),
    (
        "{}: entry {} is of a kind this program does not know (`{}`): a newer burnledger wrote it; use that one",
        "{}：第 {} 条记录的种类（`{}`）本程序不认识：由更新版本的 burnledger 写成；请使用那个版本",
    ),
    ("its hash is wrong: it or the one before was altered", "哈希不符：它或前一条被改动过"),
    ("its row and its content name different numbers", "行号与内容中的编号不一致"),
    ("entry {} before it is missing", "缺少它之前的第 {} 条记录"),
    (
        "there is no source `{}` here; `sources` of the configuration names them",
        "此处没有名为 `{}` 的数据源；配置中的 `sources` 列出它们",
    ),
    ("the order was not decided", "指令未能裁定"),
    // History on disk.
    ("history is not kept on disk: {}", "历史没有保存到磁盘：{}"),
    ("history on disk: {}", "磁盘上的历史：{}"),
    (
        "{}: its history on disk is damaged as a whole and is read from the source again",
        "{}：磁盘上的历史整体损坏，正从数据源重新读取",
    ),
    (
        "{}: the counters' last values on disk are damaged; counting goes on from first sights",
        "{}：磁盘上计数器的末值已损坏；从首次见到的值继续计数",
    ),
    ("{}: history of {} to {} is damaged on disk; it is read again", "{}：磁盘上 {} 至 {} 的历史已损坏，正在重新读取"),
    ("{}: history of {} to {} is missing and stays unknown: {}", "{}：{} 至 {} 的历史缺失，仍为未知：{}"),
    // What is odd about data.
    ("{} more group is left out: at most {} are measured (`max_groups`)", "另有 {} 个分组未计入：最多测量 {} 个（`max_groups`）"),
    (
        "{} more groups are left out: at most {} are measured (`max_groups`)",
        "另有 {} 个分组未计入：最多测量 {} 个（`max_groups`）",
    ),
    (
        "what is under {} s is interpolated between the buckets le=\"{}\" and le=\"{}\": an estimate, no count",
        "{} s 以内的数量在桶 le=\"{}\" 与 le=\"{}\" 之间插值：是估算，不是计数",
    ),
    (
        "what is under {} s is interpolated below the bucket le=\"{}\": an estimate, no count",
        "{} s 以内的数量在桶 le=\"{}\" 之下插值：是估算，不是计数",
    ),
    (
        "no series matched `{}` in the last day: is it spelled right, and does the source scrape it?",
        "最近一天没有序列匹配 `{}`：写对了吗？数据源采集了吗？",
    ),
    (
        "a histogram has no bucket le=\"{}\", so what is under the threshold cannot be counted; the nearest are le=\"{}\" and le=\"{}\"; `interpolate: true` would estimate it",
        "直方图没有桶 le=\"{}\"，无法统计阈值以内的数量；最近的桶是 le=\"{}\" 与 le=\"{}\"；`interpolate: true` 可作估算",
    ),
    (
        "a histogram has no bucket le=\"{}\", so what is under the threshold cannot be counted; the nearest are le=\"{}\" and le=\"{}\"",
        "直方图没有桶 le=\"{}\"，无法统计阈值以内的数量；最近的桶是 le=\"{}\" 与 le=\"{}\"",
    ),
    (
        "a histogram has no bucket le=\"{}\", so what is under the threshold cannot be counted; the nearest is le=\"{}\"",
        "直方图没有桶 le=\"{}\"，无法统计阈值以内的数量；最近的桶是 le=\"{}\"",
    ),
    (
        "a histogram has no bucket le=\"{}\", so what is under the threshold cannot be counted",
        "直方图没有桶 le=\"{}\"，无法统计阈值以内的数量",
    ),
    ("traffic lost: no requests since {}", "流量中断：自 {} 起没有请求"),
    // What receivers and responses did.
    ("given up after {}: {}", "{} 后放弃：{}"),
    ("kept back to stay within what {} takes", "为不超过 {} 的速率上限而暂缓"),
    ("no receiver is named {} any more", "已没有名为 {} 的接收方"),
    ("no outcome within {}", "{} 内没有结果"),
    (
        "outcome unknown: burnledger stopped while it was run; it is not run again",
        "结果未知：执行期间 burnledger 停止了；不会再次执行",
    ),
    ("it ran longer than {} and was ended", "执行超过 {}，已终止"),
    ("its end was not heard: {}", "未能得知其结束：{}"),
    ("dry run: {} would be run; `dry_run: false` lets it", "试运行：将执行 {}；`dry_run: false` 才真正执行"),
    ("it reopened before this was sent; the later page tells", "发出之前事故又重开；由之后的通知说明"),
    ("this receiver was not told that it fired", "该接收方未曾收到触发通知"),
    ("it ended before this was sent; the resolved page tells both", "发出之前事故已结束；恢复通知一并说明"),
    ("acknowledged before this was sent", "发出之前已有人确认"),
    ("merged into the later page that waits behind it", "并入其后等待的通知"),
    ("the terminal is closed", "终端已关闭"),
    ("written", "已写出"),
    ("accepted by {} of {}; {}", "{2} 个实例中 {1} 个接收；{3}"),
    ("accepted by {} of {}", "{2} 个实例中 {1} 个接收"),
    ("no instance is configured", "没有配置实例"),
    // What holds pages back.
    ("silence {}", "静默 {}"),
    ("the configuration's silence", "配置中的静默"),
    ("silenced by {}: {}", "{} 设置静默：{}"),
    ("{} needs {}, whose incident was paged to the same people", "{} 依赖 {}，后者的事故已通知同一批人"),
    ("the cool-down of response {}", "响应动作 {} 的冷却期"),
    ("it ran less than {} before", "距上次执行不足 {}"),
];
