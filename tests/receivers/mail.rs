//! E-mail against a small SMTP server that accepts, defers, refuses, is silent, or offers no encryption.

use super::providers::{NOW, word};
use super::webhook::row;
use burnledger::domain::base::{Language, Severity, Span};
use burnledger::domain::paging::{Dispatch, DispatchKind};
use burnledger::kit::http::HttpSettings;
use burnledger::kit::secrets::{Secret, SecretSource};
use burnledger::notify::{Basics, Email, EmailSettings, MailTls};
use burnledger::ports::Notifier;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// What the server says to a recipient; `None`: nothing any more.
type Says = Option<&'static str>;

struct Post {
    port: u16,
    heard: Arc<Mutex<String>>,
}

impl Post {
    async fn start(recipient: Says) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let heard = Arc::new(Mutex::new(String::new()));
        let ear = heard.clone();
        tokio::spawn(async move {
            while let Ok((link, _)) = listener.accept().await {
                tokio::spawn(converse(link, recipient, ear.clone()));
            }
        });
        Self { port, heard }
    }

    fn heard(&self) -> String {
        self.heard.lock().unwrap().clone()
    }
}

async fn converse(link: TcpStream, recipient: Says, heard: Arc<Mutex<String>>) -> Option<()> {
    let (read, mut write) = link.into_split();
    let mut lines = BufReader::new(read).lines();
    write.write_all(b"220 post ready\r\n").await.ok()?;
    let mut in_data = false;
    while let Some(line) = lines.next_line().await.ok()? {
        heard.lock().unwrap().extend([line.as_str(), "\n"]);
        let answer = match line.split([' ', ':']).next().unwrap_or_default() {
            _ if in_data && line == "." => {
                in_data = false;
                "250 2.0.0 queued as 4711\r\n".to_owned()
            }
            _ if in_data => continue,
            "EHLO" => "250-post\r\n250 AUTH PLAIN LOGIN\r\n".to_owned(),
            "AUTH" => "535 5.7.8 wrong password pa55word\r\n".to_owned(),
            "RCPT" => format!("{}\r\n", recipient?),
            "DATA" => {
                in_data = true;
                "354 go on\r\n".to_owned()
            }
            "QUIT" => "221 bye\r\n".to_owned(),
            _ => "250 ok\r\n".to_owned(),
        };
        write.write_all(answer.as_bytes()).await.ok()?;
    }
    Some(())
}

fn mail(port: u16, change: impl FnOnce(&mut EmailSettings)) -> Email {
    let http = HttpSettings { connect: Span(600), total: Span(900), ..HttpSettings::default() };
    let mut settings = EmailSettings {
        basics: Basics { http, ..Basics::new("mail") },
        host: "localhost".into(),
        port,
        tls: MailTls::Plain,
        login: None,
        from: "burnledger <burnledger@example.com>".into(),
        to: vec!["ops@example.com".into(), "boss@example.com".into()],
    };
    settings.host = "127.0.0.1".into();
    change(&mut settings);
    Email::new(settings).unwrap()
}

async fn told(email: &Email, page: &Dispatch) -> (String, String) {
    word(&email.deliver(page, NOW).await)
}

#[tokio::test]
async fn a_message_names_itself_the_same_at_every_try_and_threads_by_incident() {
    let post = Post::start(Some("250 ok")).await;
    let email = mail(post.port, |_| {});
    let first = row(DispatchKind::First, Severity::P0);
    let (word, detail) = told(&email, &first).await;
    assert_eq!((word.as_str(), detail.contains("queued as 4711")), ("delivered", true), "{detail}");
    told(&email, &first).await;
    told(&email, &row(DispatchKind::Resolved, Severity::P0)).await;
    let heard = post.heard();
    let of = |name: &str| heard.lines().filter_map(|l| l.strip_prefix(name).map(str::to_owned)).collect::<Vec<_>>();
    let (ids, threads) = (of("Message-ID: "), of("References: "));
    assert_eq!(ids.len(), 3, "{heard}");
    assert!(ids[0] == ids[1] && ids[0] != ids[2] && threads[0] == threads[2], "{heard}");
    assert!(heard.contains("Subject: [P0] checkout: availability is failing (INC-0017)"), "{heard}");
    assert!(heard.contains("RCPT TO:<boss@example.com>"), "{heard}");
}

#[tokio::test]
async fn chinese_and_hostile_subjects_stay_one_header() {
    let post = Post::start(Some("250 ok")).await;
    let email = mail(post.port, |s| s.basics.language = Language::Zh);
    let mut page = row(DispatchKind::First, Severity::P0);
    page.content.service = "订单\r\nBcc: eve@evil.example".into();
    assert_eq!(told(&email, &page).await.0, "delivered");
    let heard = post.heard();
    assert!(!heard.lines().any(|l| l.starts_with("Bcc:")), "{heard}");
    assert!(heard.contains("Subject: [P0] =?utf-8?b?"), "{heard}");
}

#[tokio::test]
async fn four_hundreds_are_tried_again_and_five_hundreds_are_not() {
    for (says, want) in [
        (Some("450 4.2.0 mailbox busy"), "retry"),
        (Some("421 4.7.0 too many connections"), "retry"),
        (Some("550 5.1.1 no such user"), "refused"),
        (None, "retry"),
    ] {
        let post = Post::start(says).await;
        let (word, why) = told(&mail(post.port, |_| {}), &row(DispatchKind::First, Severity::P0)).await;
        assert_eq!(word, want, "{says:?}: {why}");
    }
    let nobody = mail(crate::support::free_port(), |_| {});
    assert_eq!(told(&nobody, &row(DispatchKind::First, Severity::P0)).await.0, "retry");
}

#[tokio::test]
async fn a_server_that_offers_no_encryption_gets_nothing_and_a_wrong_password_is_not_repeated() {
    let post = Post::start(Some("250 ok")).await;
    let login = Some(("ann".to_owned(), SecretSource::Inline(Secret::new("pa55word"))));
    let safe = mail(post.port, |s| {
        s.tls = MailTls::StartTls;
        s.login = login.clone();
    });
    let (word, why) = told(&safe, &row(DispatchKind::First, Severity::P0)).await;
    assert_eq!(word, "retry", "{why}");
    assert!(!post.heard().contains("AUTH") && !post.heard().contains("MAIL"), "{}", post.heard());
    let plain = mail(post.port, |s| s.login = login);
    let (word, why) = told(&plain, &row(DispatchKind::First, Severity::P0)).await;
    assert_eq!(word, "refused", "{why}");
    assert!(!format!("{why} {plain:?}").contains("pa55word"), "{why}");
    assert!(Email::new(EmailSettings { to: vec!["nobody".into()], ..settings_of(&plain) }).is_err());
}

fn settings_of(_: &Email) -> EmailSettings {
    EmailSettings {
        basics: Basics::new("mail"),
        host: "localhost".into(),
        port: 25,
        tls: MailTls::Plain,
        login: None,
        from: "a@example.com".into(),
        to: vec![],
    }
}
