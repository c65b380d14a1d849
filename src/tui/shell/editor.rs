//! A text in the person's own editor: written into a file that nobody else may read, edited, read back and removed.
//!
//! Deliberately absent: waiting. The editor runs beside the loop, which hears of its end.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use tokio::sync::oneshot;

/// More than this is not read back.
const MOST: u64 = 64 * 1024;

/// Starts `editor` (a command line of the shell) on `text`; its answer is the text as it was left, or why there is none.
pub(super) fn run(editor: String, text: String) -> oneshot::Receiver<Result<String, String>> {
    let (tell, told) = oneshot::channel();
    // A thread of its own: an editor that is left open keeps no runtime from ending.
    std::thread::spawn(move || {
        let _ = tell.send(edit(&std::env::temp_dir(), &editor, &text).map_err(|e| e.to_string()));
    });
    told
}

fn edit(folder: &Path, editor: &str, text: &str) -> io::Result<String> {
    let path = fresh(folder, text)?;
    let edited = by_shell(editor, &path).and_then(|()| read(&path));
    let _ = fs::remove_file(&path);
    edited
}

/// A new file with the text, for our eyes only.
fn fresh(folder: &Path, text: &str) -> io::Result<PathBuf> {
    let path = folder.join(format!("burnledger-note-{}-{:08x}.txt", std::process::id(), rand::random::<u32>()));
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
    file.write_all(text.as_bytes())?;
    Ok(path)
}

/// `$EDITOR` may have arguments, so the shell reads it, as git does.
fn by_shell(editor: &str, path: &Path) -> io::Result<()> {
    let status = Command::new("sh").arg("-c").arg(format!("{editor} \"$1\"")).arg("burnledger").arg(path).status()?;
    if status.success() { Ok(()) } else { Err(io::Error::other(format!("`{editor}` ended with {status}"))) }
}

fn read(path: &Path) -> io::Result<String> {
    let mut bytes = Vec::new();
    File::open(path)?.take(MOST).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_comes_back_as_it_was_left_and_no_file_stays() {
        let dir = tempfile::tempdir().unwrap();
        let left = edit(dir.path(), "sed -i s/one/two/", "one line").unwrap();
        assert_eq!(left, "two line");
        assert!(edit(dir.path(), "false #", "x").unwrap_err().to_string().contains("`false #` ended with"));
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    }
}
