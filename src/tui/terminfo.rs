//! Whether the machine's terminal database says that a terminal draws 24-bit colours: the extended capabilities `RGB` and `Tc`.
//!
//! Reads compiled entries (term(5), term's extended format) from the usual folders; ssh carries `TERM` but not `COLORTERM`, so
//! an entry may know what the environment does not. Deliberately absent: every other capability, and hashed databases.

use std::fs::File;
use std::io::Read;
use std::path::PathBuf;

/// More than this is no entry of a terminal.
const MOST: u64 = 64 * 1024;
/// The first number of an entry: numbers of 16 bits, numbers of 32 bits.
const MAGIC: (usize, usize) = (0o432, 0o1036);

/// The entry of the terminal named by `TERM` says so.
pub fn has_direct_colors(env: &dyn Fn(&str) -> Option<String>) -> bool {
    entry(env).is_some_and(|bytes| is_direct(&bytes).unwrap_or(false))
}

fn entry(env: &dyn Fn(&str) -> Option<String>) -> Option<Vec<u8>> {
    let name = env("TERM").filter(|name| !name.is_empty() && !name.contains(['/', '\0']) && !name.starts_with('.'))?;
    let first = *name.as_bytes().first()?;
    folders(env).into_iter().find_map(|folder| {
        // Where file names keep no case, the folder is called by the letter's number.
        let places = [folder.join((first as char).to_string()).join(&name), folder.join(format!("{first:x}")).join(&name)];
        places.into_iter().find_map(|path| {
            let mut bytes = Vec::new();
            File::open(path).ok()?.take(MOST).read_to_end(&mut bytes).ok()?;
            Some(bytes)
        })
    })
}

fn folders(env: &dyn Fn(&str) -> Option<String>) -> Vec<PathBuf> {
    let set = |name: &str| env(name).filter(|v| !v.is_empty());
    let own = set("HOME").map(|home| PathBuf::from(home).join(".terminfo"));
    let listed = set("TERMINFO_DIRS").unwrap_or_default();
    let listed: Vec<PathBuf> = listed.split(':').filter(|d| !d.is_empty()).map(PathBuf::from).collect();
    let usual = ["/etc/terminfo", "/lib/terminfo", "/usr/share/terminfo", "/usr/lib/terminfo", "/usr/local/share/terminfo"];
    set("TERMINFO").map(PathBuf::from).into_iter().chain(own).chain(listed).chain(usual.map(PathBuf::from)).collect()
}

/// What the extended part of an entry says; nothing where it has none or makes no sense.
fn is_direct(bytes: &[u8]) -> Option<bool> {
    let short = |at: usize| Some(usize::from(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?)));
    let counts = |at: usize, n: usize| (0..n).map(|i| short(at + 2 * i)).collect::<Option<Vec<usize>>>();
    let head = counts(0, 6)?;
    let number = match head[0] {
        magic if magic == MAGIC.0 => 2,
        magic if magic == MAGIC.1 => 4,
        _ => return None,
    };
    let even = |at: usize| at + at % 2;
    let (names, bools, numbers, strings, table) = (head[1], head[2], head[3], head[4], head[5]);
    let start = even(even(12 + names + bools) + number * numbers + 2 * strings + table);
    let more = counts(start, 5)?;
    let (bools, numbers, strings, size) = (more[0], more[1], more[2], more[4]);
    let flags = bytes.get(start + 10..start + 10 + bools)?;
    let values = even(start + 10 + bools);
    let table = values + number * numbers + 2 * strings + 2 * (bools + numbers + strings);
    let texts: Vec<&[u8]> = bytes.get(table..table + size)?.split(|b| *b == 0).collect();
    // Values of strings come first; then the names of all, in their order, each ended by a zero.
    let named = bools + numbers + strings;
    let names = texts.get(texts.len().checked_sub(named + 1)?..texts.len() - 1)?;
    let says = |at: usize, name: &&[u8]| match *name {
        b"RGB" if at >= bools => true,
        b"RGB" | b"Tc" => flags.get(at) == Some(&1),
        _ => false,
    };
    Some(names.iter().enumerate().any(|(at, name)| says(at, name)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// An entry with these extended flags, a number `U8` and a string `XX`, as `tic -x` packs them.
    fn packed(flags: &[(&str, u8)], magic: u16) -> Vec<u8> {
        let wide = if usize::from(magic) == MAGIC.1 { 4 } else { 2 };
        let names = b"xterm-own|of a test\0";
        let mut out: Vec<u8> = Vec::new();
        for number in [magic, names.len() as u16, 1, 1, 1, 4] {
            out.extend(number.to_le_bytes());
        }
        out.extend(names);
        out.push(1);
        out.resize(out.len() + out.len() % 2, 0);
        out.extend(&256_u32.to_le_bytes()[..wide]);
        out.extend(0_u16.to_le_bytes());
        out.extend(b"abc\0");
        out.resize(out.len() + out.len() % 2, 0);
        let mut table: Vec<u8> = b"value\0".to_vec();
        for name in flags.iter().map(|(name, _)| *name).chain(["U8", "XX"]) {
            table.extend(name.as_bytes());
            table.push(0);
        }
        for number in [flags.len(), 1, 1, flags.len() + 3, table.len()] {
            out.extend((number as u16).to_le_bytes());
        }
        out.extend(flags.iter().map(|(_, set)| *set));
        out.resize(out.len() + out.len() % 2, 0);
        out.extend(&1_u32.to_le_bytes()[..wide]);
        out.extend(vec![0; 2 * (flags.len() + 3)]);
        out.extend(table);
        out
    }

    #[test]
    fn the_extended_flags_tell() {
        for magic in [MAGIC.0 as u16, MAGIC.1 as u16] {
            let told = |flags: &[(&str, u8)]| is_direct(&packed(flags, magic));
            assert_eq!(told(&[("AX", 1), ("Tc", 1)]), Some(true));
            assert_eq!(told(&[("RGB", 1)]), Some(true));
            assert_eq!(told(&[("AX", 1), ("Tc", 0)]), Some(false));
            assert_eq!(told(&[("AX", 1), ("XT", 1)]), Some(false));
        }
    }

    #[test]
    fn an_entry_is_found_by_its_name_in_the_folder_that_is_named() {
        let dir = tempfile::tempdir().unwrap();
        for (folder, name, flags) in
            [("x", "xterm-own", [("Tc", 1)]), ("66", "foot-own", [("RGB", 1)]), ("p", "plain", [("AX", 1)])]
        {
            std::fs::create_dir_all(dir.path().join(folder)).unwrap();
            std::fs::write(dir.path().join(folder).join(name), packed(&flags, MAGIC.0 as u16)).unwrap();
        }
        let told = |term: &str| {
            let (folder, term) = (dir.path().display().to_string(), term.to_string());
            has_direct_colors(&move |name| match name {
                "TERM" => Some(term.clone()),
                "TERMINFO" => Some(folder.clone()),
                _ => None,
            })
        };
        assert_eq!(
            ["xterm-own", "foot-own", "plain", "no-such-terminal", "../x/xterm-own", ""].map(told),
            [true, true, false, false, false, false]
        );
    }

    proptest! {
        #[test]
        fn bytes_that_are_no_entry_say_nothing_and_do_no_harm(at in 0_usize..200, byte: u8, cut in 0_usize..200) {
            let mut bytes = packed(&[("Tc", 1)], MAGIC.0 as u16);
            let at = at % bytes.len();
            bytes[at] = byte;
            bytes.truncate(cut);
            let _ = is_direct(&bytes);
        }
    }
}
