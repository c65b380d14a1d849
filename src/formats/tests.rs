//! Files in, rulebooks and problems out.

use super::*;

fn load_text(text: &str) -> Loaded {
    load_files(&[InputFile::new("a.yaml", text)], &LoadOptions::default())
}

#[test]
fn the_examples_pass() {
    let loaded = load(&[PathBuf::from("slos")], &LoadOptions::default());
    let shown: Vec<String> = loaded.rulebook.problems.iter().map(|p| render::problem(p, false, 120)).collect();
    assert_eq!(shown, Vec::<String>::new());
    assert_eq!((loaded.files, loaded.slos, loaded.rulebook.slos.len()), (4, 5, 5));
    assert!(load_text("").rulebook.slos.is_empty());
}
