//! What becomes of pages: what receivers answered, and why a page could not be sent. What they said themselves stands as it is.

use super::Pair;

pub(super) const FORMS: &[Pair] = &[
    ("{}, which is no answer of {}", "{}，这不是 {} 的应答"),
    ("{} with a web page, not a receiver's answer; is the address right?", "{} 返回的是网页，不是接收方的应答；地址对吗？"),
    ("{} (the robot was removed or its key is wrong)", "{}（机器人已被移除，或密钥有误）"),
    ("{} (check the robot's secret and this machine's clock)", "{}（请检查机器人的密钥和本机时钟）"),
    ("{} (the robot does not allow this machine's address)", "{}（机器人不允许本机的地址）"),
    ("{} (the robot wants a keyword that the page does not have)", "{}（机器人要求的关键词不在通知中）"),
    ("{} (the robot's token does not exist)", "{}（机器人的令牌不存在）"),
    ("{} (the webhook was removed or its address is wrong)", "{}（webhook 已被移除，或地址有误）"),
    ("the page has no JSON form: {}", "通知无法写成 JSON：{}"),
    ("the alert has no JSON form: {}", "告警无法写成 JSON：{}"),
    ("the template cannot be used: {}", "模板无法使用：{}"),
    ("it made {} bytes, more than {}", "它生成了 {} 字节，超过 {}"),
    ("what it made is no JSON: {}", "它生成的不是 JSON：{}"),
    ("the message cannot be made: {}", "无法生成邮件：{}"),
    ("TLS cannot be set up: {}", "无法建立 TLS：{}"),
    ("it was killed: {}", "它被强行终止：{}"),
    ("it was killed", "它被强行终止"),
    ("could not be written: {}", "无法写出：{}"),
    ("the secret in {} cannot be read: {}", "无法读取 {} 中的密钥：{}"),
];
