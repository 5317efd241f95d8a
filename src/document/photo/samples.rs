//! Pictures that are built in, so that a question, a recipe and a test can redraw one without a file.

use std::path::Path;

/// What stands before the name of a picture that is built in, where the path of a file would stand.
const PREFIX: &str = "sample:";

/// The pictures by name: a three in grey, 28x28, drawn by `digits-cgan`, and a face in color, 64x64, drawn
/// by `faces-ldm`.
const SAMPLES: [(&str, &[u8]); 2] = [
    (
        "sample:face",
        include_bytes!("../../../assets/pictures/face.png"),
    ),
    (
        "sample:three",
        include_bytes!("../../../assets/pictures/three.png"),
    ),
];

/// The names of all pictures that are built in, such as `sample:three`.
pub fn sample_names() -> impl Iterator<Item = &'static str> {
    SAMPLES.iter().map(|&(name, _)| name)
}

/// The bytes of the picture that a path names; `None` where it is the path of a file.
///
/// # Errors
/// When it has the form of a name, and no picture has it.
pub(super) fn sample(path: &Path) -> Option<Result<&'static [u8], String>> {
    let name = path.to_str().filter(|name| name.starts_with(PREFIX))?;
    let found = SAMPLES.iter().find(|&&(known, _)| known == name);
    Some(found.map(|&(_, bytes)| bytes).ok_or_else(|| {
        let known: Vec<&str> = sample_names().collect();
        format!("no such picture is built in, only {}", known.join(" and "))
    }))
}

#[cfg(test)]
mod tests {
    use super::super::{Photo, read, sha256};
    use super::*;

    #[test]
    fn samples_have_the_sizes_of_the_models_that_they_are_for() {
        let sizes = SAMPLES.map(|(name, bytes)| {
            let read = read(Path::new(name)).expect(name);
            assert_eq!(read, Photo::decode(bytes).expect(name));
            read.size()
        });
        assert_eq!(sizes, [[64, 64], [28, 28]]);
    }

    #[test]
    fn a_sample_has_a_hash_and_an_unknown_one_is_named() {
        let [face, three] = ["sample:face", "sample:three"].map(|name| sha256(Path::new(name)));
        assert_ne!(face.expect("a hash"), three.expect("a hash"));
        for fault in [
            read(Path::new("sample:cat"))
                .expect_err("no cat")
                .to_string(),
            sha256(Path::new("sample:cat"))
                .expect_err("no cat")
                .to_string(),
        ] {
            assert!(fault.starts_with("sample:cat: no such picture"), "{fault}");
            assert!(fault.contains("sample:three"), "{fault}");
        }
        assert!(sample(Path::new("three")).is_none());
    }
}
