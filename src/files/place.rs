//! Where a name leads, and whether two names lead to the same file.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Links that are followed one after the other; Linux follows as many.
const MAX_LINKS: usize = 40;
/// Folders of the system in which names stand for devices and processes, not for files.
const SYSTEM_FOLDERS: [&str; 3] = ["/dev", "/proc", "/sys"];
/// A folder among them that holds files like any other.
const SHARED_MEMORY: &str = "/dev/shm";

/// The file that `path` leads to: links are followed, also to a file that is not there yet.
///
/// # Errors
/// When the links have no end, or the name is one of the system's own.
pub fn target(path: &Path) -> io::Result<PathBuf> {
    let mut target = std::path::absolute(path)?;
    for _ in 0..MAX_LINKS {
        if is_system(&target) {
            let fault = "it is a device or a part of the system, not a place for files";
            return Err(io::Error::other(fault));
        }
        match fs::read_link(&target) {
            // One that begins at the root replaces all that stands before it.
            Ok(next) => target = target.parent().unwrap_or(Path::new("/")).join(next),
            Err(_) => return Ok(target),
        }
    }
    Err(io::Error::other("its links lead round in a circle"))
}

/// Whether a path leads into a folder in which the system shows devices and processes as files.
/// They have no end, or none that their length says.
pub fn is_system(path: &Path) -> bool {
    let leads_there = |path: &Path| {
        !path.starts_with(SHARED_MEMORY)
            && SYSTEM_FOLDERS.iter().any(|folder| path.starts_with(folder))
    };
    let folder = path.parent().and_then(|folder| folder.canonicalize().ok());
    leads_there(path) || folder.is_some_and(|folder| leads_there(&folder.join("file")))
}

/// Whether two names lead to one file, which need not be there yet.
pub fn is_same_file(one: &Path, other: &Path) -> bool {
    /// The name of a file without links and detours.
    fn plain(path: &Path) -> Option<PathBuf> {
        let target = target(path).ok()?;
        if let Ok(plain) = target.canonicalize() {
            return Some(plain);
        }
        let folder = target.parent()?.canonicalize().ok()?;
        Some(folder.join(target.file_name()?))
    }
    if is_same_entry(one, other) {
        return true;
    }
    match (plain(one), plain(other)) {
        (Some(one), Some(other)) => one == other,
        _ => one == other,
    }
}

/// Whether two names are links to the same data.
#[cfg(unix)]
fn is_same_entry(one: &Path, other: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let id = |path: &Path| fs::metadata(path).ok().map(|it| (it.dev(), it.ino()));
    id(one).is_some_and(|found| id(other) == Some(found))
}

#[cfg(not(unix))]
fn is_same_entry(_: &Path, _: &Path) -> bool {
    false
}

/// Checks that no output would replace one of the inputs or another output.
///
/// # Errors
/// A sentence that names both files.
pub fn check_apart(inputs: &[&Path], outputs: &[&Path]) -> Result<(), String> {
    for (index, output) in outputs.iter().enumerate() {
        if let Some(input) = inputs.iter().find(|input| is_same_file(input, output)) {
            return Err(format!(
                "{}: it is the input {} too, which would be lost; choose another name",
                output.display(),
                input.display()
            ));
        }
        let mut others = outputs[..index].iter();
        if let Some(other) = others.find(|other| is_same_file(other, output)) {
            return Err(format!(
                "{}: two outputs are to be written there ({} too); choose another name for one",
                output.display(),
                other.display()
            ));
        }
    }
    Ok(())
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::files::save::save;
    use std::os::unix::fs::symlink;

    #[test]
    fn links_are_followed_to_files_that_are_not_there_yet() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        fs::create_dir(at("real")).expect("the folder is empty");
        symlink("real/a.png", at("one.png")).expect("a link");
        symlink(at("one.png"), at("two.png")).expect("a link");
        symlink("round.png", at("round.png")).expect("a link");
        assert_eq!(target(&at("two.png")).expect("it ends"), at("real/a.png"));
        assert_eq!(target(&at("b.png")).expect("it is no link"), at("b.png"));
        let fault = target(&at("round.png")).expect_err("it has no end");
        assert!(fault.to_string().contains("circle"), "{fault}");
    }

    #[test]
    fn what_the_system_shows_as_files_is_no_place_for_them() {
        let folder = tempfile::tempdir().expect("a folder");
        let link = folder.path().join("out.png");
        symlink("/dev/stdout", &link).expect("a link");
        let fds = folder.path().join("fds");
        symlink("/proc/self/fd", &fds).expect("a link");
        for path in [
            Path::new("/dev/stdout"),
            Path::new("/proc/self/fd/1"),
            Path::new("/dev/null"),
            &link,
            &fds.join("1"),
        ] {
            assert!(target(path).is_err(), "{}", path.display());
        }
        assert!(target(Path::new("/dev/shm/a.png")).is_ok());
        assert!(target(Path::new("/device/a.png")).is_ok());
    }

    #[test]
    fn one_file_is_known_by_all_its_names() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        save(&at("a"), b"a").expect("the folder is there");
        symlink("a", at("link")).expect("a link");
        fs::hard_link(at("a"), at("hard")).expect("a second name");
        for other in ["a", "./a", "link", "hard", "../x/../a"] {
            let other = match other.strip_prefix("../x/..") {
                Some(rest) => at(&format!(".{rest}")),
                None => at(other),
            };
            assert!(is_same_file(&at("a"), &other), "{}", other.display());
        }
        // Neither is there yet.
        assert!(is_same_file(&at("new"), &at("./new")));
        assert!(!is_same_file(&at("new"), &at("other")));
        let [a, b, new] = [at("a"), at("b"), at("new")];
        assert_eq!(check_apart(&[&a], &[&b, &new]), Ok(()));
        let fault = check_apart(&[&a], &[&b, &at("link")]).expect_err("it is the input");
        assert!(fault.contains("input"), "{fault}");
        let fault = check_apart(&[], &[&new, &at("./new")]).expect_err("it is there twice");
        assert!(fault.contains("two outputs"), "{fault}");
    }
}
