//! Files that people ask for: written beside the loop, never over one that is there.

use std::fs::OpenOptions;
use std::io::{self, ErrorKind, Write};
use std::path::Path;

/// How many names are tried.
const NAMES: usize = 100;

/// Writes `bytes` into a new file of `folder`; returns its name.
///
/// # Errors
/// The folder cannot be written, or every name is taken.
pub(super) fn write_new(folder: &Path, stem: &str, ending: &str, bytes: &[u8]) -> io::Result<String> {
    for n in 1..=NAMES {
        let name = if n == 1 { format!("{stem}.{ending}") } else { format!("{stem}-{n}.{ending}") };
        match OpenOptions::new().write(true).create_new(true).open(folder.join(&name)) {
            Ok(mut file) => {
                file.write_all(bytes)?;
                return Ok(name);
            }
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::new(ErrorKind::AlreadyExists, format!("{stem}.{ending} and {NAMES} more names are taken")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_ever_overwritten() {
        let dir = tempfile::tempdir().unwrap();
        for (text, name) in [("one", "shot.txt"), ("two", "shot-2.txt"), ("three", "shot-3.txt")] {
            assert_eq!(write_new(dir.path(), "shot", "txt", text.as_bytes()).unwrap(), name);
            assert_eq!(std::fs::read_to_string(dir.path().join(name)).unwrap(), text);
        }
        assert_eq!(std::fs::read_to_string(dir.path().join("shot.txt")).unwrap(), "one");
        assert!(write_new(&dir.path().join("absent"), "shot", "txt", b"x").is_err());
    }
}
