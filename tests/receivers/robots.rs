//! Signed robots: servers that check a signature as Feishu and DingTalk do, and refuse the other's construction.
//!
//! The signature is computed here by hand from the hash alone, so that a mistake in the library is none here.

use super::crooked::{Crooked, Does, Seen};
use super::providers::{NOW, service, word};
use super::webhook::row;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use burnledger::domain::base::{Language, Severity};
use burnledger::domain::paging::DispatchKind;
use burnledger::ports::Notifier;
use sha2::{Digest, Sha256};

/// HMAC as RFC 2104 writes it.
fn hmac(key: &[u8], message: &[u8]) -> String {
    let mut block = [0_u8; 64];
    block[..key.len()].copy_from_slice(key);
    let pad = |with: u8| block.map(|b| b ^ with);
    let inner = Sha256::new().chain_update(pad(0x36)).chain_update(message).finalize();
    STANDARD.encode(Sha256::new().chain_update(pad(0x5c)).chain_update(inner).finalize())
}

type Construction = fn(&str, &str) -> String;

/// The text is the key and the message is empty.
fn text_as_key(stamp: &str, secret: &str) -> String {
    hmac(format!("{stamp}\n{secret}").as_bytes(), b"")
}

/// The secret is the key and the text is the message.
fn text_as_message(stamp: &str, secret: &str) -> String {
    hmac(secret.as_bytes(), format!("{stamp}\n{secret}").as_bytes())
}

fn is_fresh(stamp: &str, unit_ms: i64) -> bool {
    stamp.parse::<i64>().is_ok_and(|n| (n * unit_ms - NOW.wall.0).abs() < 3_600_000)
}

fn feishu(construction: Construction) -> impl Fn(&Seen) -> Does {
    move |seen| {
        let (stamp, sign) = (seen.text("/timestamp"), seen.text("/sign"));
        if !is_fresh(&stamp, 1000) || sign != construction(&stamp, "f3ishu-secret") {
            return Does::body(
                200,
                r#"{"code":19021,"msg":"sign match fail or timestamp is not within one hour from current time"}"#,
            );
        }
        if seen.raw.len() > 20 * 1024 || seen.text("/msg_type") != "interactive" || seen.body["card"]["elements"].is_null() {
            return Does::body(200, r#"{"code":9499,"msg":"Bad Request"}"#);
        }
        Does::body(200, r#"{"code":0,"msg":"success","data":{}}"#)
    }
}

/// The query as it stands, decoded once.
fn query(seen: &Seen, name: &str) -> String {
    let path = seen.line.split(' ').nth(1).unwrap_or_default();
    let pairs = path.split_once('?').map_or("", |(_, q)| q);
    let value = pairs.split('&').find_map(|pair| pair.strip_prefix(&format!("{name}="))).unwrap_or_default();
    value.replace("%2B", "+").replace("%2F", "/").replace("%3D", "=")
}

fn dingtalk(construction: Construction) -> impl Fn(&Seen) -> Does {
    move |seen| {
        if query(seen, "access_token") != "d1ng-token" {
            return Does::body(200, r#"{"errcode":300001,"errmsg":"token is not exist"}"#);
        }
        let (stamp, sign) = (query(seen, "timestamp"), query(seen, "sign"));
        if !is_fresh(&stamp, 1) || sign != construction(&stamp, "SECd1ng") {
            return Does::body(200, r#"{"errcode":310000,"errmsg":"sign not match"}"#);
        }
        Does::body(200, r#"{"errcode":0,"errmsg":"ok"}"#)
    }
}

async fn told(kind: &str, server: &Crooked) -> String {
    let outcome = service(kind, server.port, Language::Zh).deliver(&row(DispatchKind::First, Severity::P0), NOW).await;
    word(&outcome).0
}

#[tokio::test]
async fn each_robot_takes_its_own_signature_and_refuses_the_others_construction() {
    assert_eq!(told("feishu", &Crooked::acting(feishu(text_as_key)).await).await, "delivered");
    assert_eq!(told("feishu", &Crooked::acting(feishu(text_as_message)).await).await, "refused");
    assert_eq!(told("dingtalk", &Crooked::acting(dingtalk(text_as_message)).await).await, "delivered");
    assert_eq!(told("dingtalk", &Crooked::acting(dingtalk(text_as_key)).await).await, "refused");
}

#[tokio::test]
async fn a_clock_that_is_wrong_by_more_than_an_hour_is_told_as_such() {
    let server = Crooked::acting(dingtalk(text_as_message)).await;
    let mut now = NOW;
    now.wall.0 += 2 * 3_600_000;
    let outcome = service("dingtalk", server.port, Language::En).deliver(&row(DispatchKind::First, Severity::P0), now).await;
    let (word, why) = word(&outcome);
    assert!(word == "refused" && why.contains("this machine's clock"), "{why}");
}
