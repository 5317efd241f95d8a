//! `train` and `eval` with data and recipes that are broken.

use crate::support::{AUTOENCODER, Folder, run, shared_data};
use std::fs;

#[test]
fn data_that_is_not_there() {
    let folder = Folder::new();
    let absent = folder.file("absent");
    run(&["eval", AUTOENCODER, "--data", &absent]).refused("absent");
    let recipe = folder.file("absent.toml");
    let out = folder.file("out.safetensors");
    run(&["train", &recipe, "--data", &absent, "-o", &out]).refused("absent.toml");
    assert!(folder.names().is_empty(), "{:?}", folder.names());
}

#[test]
fn recipes_that_are_no_recipes() {
    let folder = Folder::new();
    let out = folder.file("out.safetensors");
    let data = folder.path().display().to_string();
    for text in ["", "name = ", "name = 1", "goose = true", "\u{0}\u{ff}"] {
        let recipe = folder.write("bad.toml", text);
        run(&["train", &recipe, "--data", &data, "-o", &out]).refused("bad.toml");
    }
    assert_eq!(folder.names(), ["bad.toml"]);
}

#[test]
fn idx_files_that_are_cut_short_or_something_else() {
    const IMAGES: [&str; 2] = ["t10k-images-idx3-ubyte.gz", "train-images-idx3-ubyte.gz"];
    const LABELS: [&str; 2] = ["t10k-labels-idx1-ubyte.gz", "train-labels-idx1-ubyte.gz"];
    let folder = Folder::new();
    let data = folder.path().display().to_string();
    for name in LABELS {
        folder.write(name, gzip(&[0, 0, 8, 1, 0, 0, 0, 2, 3, 4]));
    }
    let header = [0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 28, 0, 0, 0, 28];
    let mut short = header.to_vec();
    short.resize(header.len() + 784, 7);
    let packed = gzip(&short);
    for bytes in [
        Vec::new(),
        b"no archive".to_vec(),
        packed[..packed.len() / 2].to_vec(),
        gzip(&header[..9]),
        gzip(&short),
        gzip(&[1, 2, 3, 4, 5, 6, 7, 8]),
    ] {
        for name in IMAGES {
            folder.write(name, &bytes);
        }
        run(&["eval", AUTOENCODER, "--data", &data]).refused("-images-idx3-ubyte.gz");
    }
}

#[test]
fn real_data_cut_short() {
    let Some(data) = shared_data("mnist") else {
        // Without the data beside the repository, the small files above stand for it.
        return;
    };
    let folder = Folder::new();
    for entry in fs::read_dir(data).expect("the data can be listed") {
        let path = entry.expect("the data can be listed").path();
        let name = path
            .file_name()
            .expect("a file")
            .to_string_lossy()
            .into_owned();
        if path.extension().is_some_and(|extension| extension == "gz") {
            let mut bytes = fs::read(path).expect("the data can be read");
            bytes.truncate(bytes.len() / 3);
            folder.write(&name, bytes);
        }
    }
    let data = folder.path().display().to_string();
    run(&["eval", AUTOENCODER, "--data", &data]).refused("-ubyte.gz");
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut encoder, bytes).expect("memory can be written");
    encoder.finish().expect("memory can be written")
}
