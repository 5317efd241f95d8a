//! Lists the question files, which are built into the program.
//!
//! A macro that embeds a folder would not be run again when a file is added to it; a build
//! script is, for cargo looks at the times of everything below the folder.

use std::env;
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=assets/questions");
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR").map_err(io::Error::other)?);
    let folder = root.join("assets/questions");
    let mut files = Vec::new();
    for topic in fs::read_dir(&folder)? {
        let topic = topic?.path();
        if topic.is_dir() {
            collect(&topic, &mut files)?;
        }
    }
    files.sort();
    let mut code = String::from("&[\n");
    for file in &files {
        let name = file.strip_prefix(&folder).map_err(io::Error::other)?;
        let parts: Vec<_> = name.iter().map(|part| part.to_string_lossy()).collect();
        let name = parts.join("/");
        // The place of the checkout is asked for when the crate is compiled: checkouts that share
        // a target folder share what this script wrote for one of them.
        let below = format!("/assets/questions/{name}");
        let path = format!("concat!(env!(\"CARGO_MANIFEST_DIR\"), {below:?})");
        // Writing into a string cannot fail.
        let _ = writeln!(code, "    ({name:?}, include_str!({path})),");
    }
    code.push_str("]\n");
    let out = PathBuf::from(env::var("OUT_DIR").map_err(io::Error::other)?);
    #[expect(
        clippy::disallowed_methods,
        reason = "cargo throws away what a killed build leaves"
    )]
    fs::write(out.join("question_files.rs"), code)
}

/// The question files right in a folder.
fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "md") {
            files.push(path);
        }
    }
    Ok(())
}
