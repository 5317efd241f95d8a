//! Files that are not what their names or the command expect, and places that are no files.

use crate::foreign_files;
use crate::support::{Folder, GAN, VAE, inspected, model_bytes, program, run};
use std::io::Cursor;

/// A picture of so many pixels that other programs could have made.
fn photo(value: u8) -> Vec<u8> {
    let picture = image::GrayImage::from_fn(28, 28, |x, y| {
        image::Luma([value.wrapping_add((8 * x + 3 * y) as u8)])
    });
    let mut bytes = Cursor::new(Vec::new());
    let written = picture.write_to(&mut bytes, image::ImageFormat::Png);
    written.expect("memory has room");
    bytes.into_inner()
}

#[test]
fn foreign_files_are_named_for_what_they_are() {
    let folder = Folder::new();
    let torch = {
        let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
        let options = zip::write::SimpleFileOptions::default();
        zip.start_file("archive/data.pkl", options).expect("a file");
        zip.finish().expect("memory has room").into_inner()
    };
    let mut longer = model_bytes(VAE).to_vec();
    longer.push(0);
    let shorter = &longer[..longer.len() - 5];
    for (name, bytes, part) in [
        (
            "a.safetensors",
            &b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n"[..],
            "Git LFS pointer",
        ),
        ("b.safetensors", b"<!DOCTYPE html><html>", "a web page"),
        ("c.pt", &torch, "its pickle is cut short"),
        (
            "d.pkl",
            b"\x80\x04\x95\x0a\0\0\0\0\0\0\0",
            "its pickle is cut short",
        ),
        ("e.jpg", b"\xff\xd8\xff\xe0\0\x10JFIF\0", "a JPEG picture"),
        ("f.mp4", b"\0\0\0\x20ftypisom\0\0\0\0", "MP4"),
        ("g.safetensors", &longer, "1 byte follows its tensors"),
        ("h.safetensors", shorter, "cut short"),
        ("i.safetensors", b"", "empty"),
    ] {
        let path = folder.write(name, bytes);
        run(&["inspect", &path]).refused(part);
        run(&["render", &path, "seed(1)", "-o", &folder.file("o.png")]).refused(part);
        match name {
            // As a picture it is broken.
            "e.jpg" => run(&[&path]).refused("cannot be read"),
            // They begin like models, so it is the window that finds out.
            "g.safetensors" | "h.safetensors" => continue,
            _ => run(&[&path]).refused(part),
        };
    }
    let jpeg = folder.file("e.jpg");
    run(&["inspect", &jpeg]).refused("no recipe is kept");
    run(&["inspect", &folder.write("j.png", photo(1))]).refused("another program made it");
    let hidden = run(&["inspect", &folder.write("k.safetensors", b"\x1b]0;x\x07")]);
    assert!(!hidden.stderr.contains('\u{1b}'), "{:?}", hidden.stderr);
}

#[test]
fn models_of_other_programs_are_opened_as_they_are() {
    let folder = Folder::new();
    let tensors = foreign_files::small_vae();
    let [first, last] = [0, 1].map(|seed| format!("seed({seed})"));
    let mut pictures = Vec::new();
    for form in foreign_files::FORMS {
        let path = folder.write(&format!("vae.{}", form.ending()), form.bytes(&tensors));
        let inspected = run(&["inspect", &path]).succeeded().stdout;
        for part in ["VAE of full matrices", "16x16 grey", "z of 3", "sha256"] {
            assert!(inspected.contains(part), "{form:?}: {inspected}");
        }
        let out = folder.file("out.npy");
        run(&["render", &path, &first, "--npy", &out, "--device", "cpu"]).succeeded();
        pictures.push(folder.read("out.npy"));
    }
    assert!(pictures.iter().all(|picture| *picture == pictures[0]));
    // Written as one of ours it draws the same; in half precision nearly so.
    let imported = folder.file("ours.safetensors");
    let said = run(&["import", &folder.file("vae.pth"), "-o", &imported]);
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    assert!(
        said.stdout.contains("VAE of full matrices"),
        "{}",
        said.stdout
    );
    assert!(said.stderr.contains("relu"), "{}", said.stderr);
    let out = folder.file("out.npy");
    run(&[
        "render", &imported, &first, "--npy", &out, "--device", "cpu",
    ])
    .succeeded();
    assert!(folder.read("out.npy") == pictures[0]);
    run(&["render", &imported, &last, "--npy", &out, "--device", "cpu"]).succeeded();
    assert!(
        folder.read("out.npy") != pictures[0],
        "all seeds draw the same"
    );
    let ours = run(&["inspect", &imported]).succeeded().stdout;
    assert!(
        ours.contains("family    VAE") && ours.contains("encoder of a graph"),
        "{ours}"
    );
    let halved = folder.file("halved.safetensors");
    run(&[
        "import",
        &folder.file("vae.pth"),
        "-o",
        &halved,
        "--precision",
        "f16",
    ]);
    assert!(folder.read("halved.safetensors").len() < folder.read("ours.safetensors").len());
    // What would be lost, and what is missing.
    let again = folder.file("vae.pth");
    run(&["import", &again, "-o", &again]).refused("which would be lost");
    run(&["import", &folder.file("absent.pth"), "-o", &imported]).refused("absent.pth");
    let evil = foreign_files::Pickle::new()
        .global("os", "system")
        .op(b')')
        .op(b'R')
        .stop();
    let evil = folder.write("evil.pkl", evil);
    run(&["inspect", &evil]).refused("os.system");
    run(&["render", &evil, &first, "-o", &folder.file("o.png")]).refused("os.system");
    run(&[&evil]).refused("os.system");
}

#[test]
fn the_class_of_a_conditional_stylegan_acts_before_w() {
    let folder = Folder::new();
    let bytes = foreign_files::Form::Nested.bytes(&foreign_files::conditional_stylegan());
    let model = folder.write("conditional.ckpt", bytes);
    folder.write("conditional.toml", b"classes = [\"cat\", \"dog\"]\n");
    let inspected = run(&["inspect", &model]).succeeded().stdout;
    for part in [
        "StyleGAN2",
        "8x8 RGB",
        "z of 4",
        "w of 6",
        "w+ of 4x6",
        "one of cat, dog, 2",
    ] {
        assert!(inspected.contains(part), "{part} in {inspected}");
    }
    let out = folder.file("out.npy");
    let drawn = |arguments: &[&str]| {
        let call = ["render", &model, "--npy", &out, "--device", "cpu"];
        run(&[&call[..], arguments].concat()).succeeded();
        folder.read("out.npy")
    };
    let dog = drawn(&["given(seed(1), \"dog\")"]);
    assert!(dog == drawn(&["seed(1)", "--class", "dog"]));
    assert!(
        dog == drawn(&["given(w(seed(1)), \"dog\")"]),
        "w may stand inside"
    );
    assert!(dog == drawn(&["w(given(seed(1), \"dog\"))"]), "or outside");
    let cat = drawn(&["seed(1)"]);
    assert!(
        cat == drawn(&["given(seed(1), \"cat\")"]),
        "the first where nothing is said"
    );
    let truncated =
        ["dog", "2"].map(|class| drawn(&[&format!("given(truncate(seed(1), 0.5), \"{class}\")")]));
    let [dog_half, third_half] = &truncated;
    let all = [&dog, &cat, dog_half, third_half];
    for (index, one) in all.iter().enumerate() {
        assert!(
            !all[..index].contains(one),
            "number {index} is drawn as one before"
        );
    }
    run(&["render", &model, "given(seed(1), \"cow\")", "--npy", &out]).refused("cow");
    // Written as one of ours it is the same.
    let imported = folder.file("ours.safetensors");
    let said = run(&["import", &model, "-o", &imported]);
    assert_eq!(said.code, Some(0), "{}", said.stderr);
    run(&[
        "render",
        &imported,
        "given(seed(1), \"dog\")",
        "--npy",
        &out,
        "--device",
        "cpu",
    ])
    .succeeded();
    assert!(folder.read("out.npy") == dog);
}

#[test]
fn an_encoded_photo_goes_along_in_the_recipe() {
    let folder = Folder::new();
    let [mine, other] = ["mine", "other"].map(|name| folder.path().join(name));
    for (place, value) in [(&mine, 40), (&other, 200)] {
        std::fs::create_dir(place).expect("the folder is empty");
        std::fs::write(place.join("photo.png"), photo(value)).expect("it can be written");
    }
    let expression = "encode(\"photo.png\")";
    let made = folder.file("made.png");
    let render = |place: &std::path::Path, arguments: &[&str]| {
        let output = program()
            .current_dir(place)
            .arg("render")
            .args(arguments)
            .args(["--device", "cpu"])
            .output()
            .expect("the program starts");
        crate::support::Run::new(format!("{arguments:?}"), &output)
    };
    render(&mine, &[VAE, expression, "-o", &made]).succeeded();
    let recipe = inspected(&made);
    assert_eq!(recipe["expression"], expression);
    let hash = recipe["photos"]["photo.png"]["sha256"].as_str();
    assert_eq!(hash.map(str::len), Some(64));
    // Where another photo has the name, and where none has.
    for (index, place) in [&other, folder.path()].into_iter().enumerate() {
        let again = folder.file(&format!("again-{index}.png"));
        render(place, &["--from", &made, "-o", &again]).succeeded();
        assert!(folder.read("made.png") == folder.read(&format!("again-{index}.png")));
    }
    let walk = folder.file("walk.gif");
    let animate = ["animate", VAE, expression, "seed(3)", "--frames", "3"];
    let output = program()
        .current_dir(&mine)
        .args([&animate[..], &["-o", &walk, "--device", "cpu"]].concat())
        .output()
        .expect("the program starts");
    assert!(output.status.success());
    render(&other, &["--from", &walk, "-o", &folder.file("walk-2.gif")]).succeeded();
    assert!(folder.read("walk.gif") == folder.read("walk-2.gif"));
}

#[test]
fn a_recipe_that_could_not_be_read_again_is_not_written() {
    let folder = Folder::new();
    // 40 MB of numbers: 50,000 codes of 64 dimensions.
    let codes: Vec<f32> = (0..50_000 * 64)
        .map(|i| i as f32 * 0.123_456_7e-6)
        .collect();
    let bytes: Vec<u8> = codes.iter().flat_map(|value| value.to_le_bytes()).collect();
    let mut header = b"\x93NUMPY\x01\0".to_vec();
    let text = "{'descr': '<f4', 'fortran_order': False, 'shape': (50000, 64), }\n";
    header.extend((text.len() as u16).to_le_bytes());
    header.extend(text.as_bytes());
    header.extend(bytes);
    let path = folder.write("z.npy", header);
    let out = folder.file("grid.png");
    run(&["grid", GAN, "--codes", &path, "-o", &out]).refused("its recipe is too long");
    assert_eq!(folder.names(), ["z.npy"]);
}

#[test]
fn arrays_beside_the_codes_are_left_out_with_a_note() {
    let folder = Folder::new();
    let array = |kind: &str, shape: &str, data: &[u8]| {
        let text = format!("{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}\n");
        let mut bytes = b"\x93NUMPY\x01\0".to_vec();
        bytes.extend((text.len() as u16).to_le_bytes());
        bytes.extend(text.as_bytes());
        bytes.extend(data);
        bytes
    };
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default();
    for (name, bytes) in [
        ("z.npy", array("<f4", "(1, 2)", &[0; 8])),
        ("seeds.npy", array("<i8", "(1,)", &[0; 8])),
        ("psi.npy", array("<f8", "()", &[0; 8])),
        ("images.npy", array("|u1", "(1, 2, 2, 3)", &[0; 12])),
        ("meta.npy", array("|O", "(1,)", &[0; 8])),
        ("__MACOSX/._z.npy", b"nothing".to_vec()),
    ] {
        std::io::Write::write_all(
            {
                zip.start_file(name, options).expect("a file");
                &mut zip
            },
            &bytes,
        )
        .expect("memory has room");
    }
    let bytes = zip.finish().expect("memory has room").into_inner();
    // By its content, whatever it is called.
    let path = folder.write("codes.bin", bytes);
    let out = folder.file("o.png");
    let made = run(&["render", VAE, "@z", "--codes", &path, "-o", &out]);
    assert_eq!(made.code, Some(0), "{}", made.stderr);
    for part in ["seeds", "64-bit integers", "psi", "images", "meta"] {
        assert!(made.stderr.contains(part), "{part}: {}", made.stderr);
    }
}

#[cfg(unix)]
mod places {
    use super::*;
    use std::fs;
    use std::os::unix::ffi::OsStringExt as _;
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    use std::path::Path;

    #[test]
    fn outputs_are_written_where_links_lead() {
        let folder = Folder::new();
        let at = |name: &str| folder.path().join(name);
        folder.write("real.png", b"old");
        symlink("real.png", at("link.png")).expect("a link");
        symlink("later.npy", at("dangling.npy")).expect("a link");
        let (png, npy) = (folder.file("link.png"), folder.file("dangling.npy"));
        run(&["render", GAN, "seed(2)", "-o", &png, "--npy", &npy]).succeeded();
        assert_eq!(
            fs::read_link(at("link.png")).expect("a link"),
            Path::new("real.png")
        );
        assert!(folder.read("real.png").starts_with(b"\x89PNG"));
        assert!(folder.read("later.npy").starts_with(b"\x93NUMPY"));
        for name in ["real.png", "later.npy"] {
            let mode = fs::metadata(at(name))
                .expect("it is there")
                .permissions()
                .mode();
            assert_eq!(mode & 0o111, 0, "{name} can be run");
        }
    }

    #[test]
    fn devices_and_pipes_are_no_outputs() {
        let folder = Folder::new();
        symlink("/dev/stdout", folder.path().join("out.png")).expect("a link");
        for place in ["/dev/stdout", "/proc/self/fd/1", &folder.file("out.png")] {
            run(&["render", GAN, "seed(1)", "-o", place]).refused("device");
        }
        assert_eq!(folder.names(), ["out.png"]);
        let kept = fs::read_link(folder.path().join("out.png"));
        assert_eq!(kept.expect("a link"), Path::new("/dev/stdout"));
    }

    #[test]
    fn inputs_are_not_replaced_by_outputs() {
        let folder = Folder::new();
        let model = folder.write("m.safetensors", model_bytes(VAE));
        let picture = folder.write("p.png", photo(9));
        symlink("m.safetensors", folder.path().join("link")).expect("a link");
        let encode = format!("encode({picture:?})");
        let codes = folder.file("c.npz");
        run(&["codes", VAE, "seed(1)", "--names", "a", "-o", &codes]).succeeded();
        let recipe = folder.write("r.toml", "name = 1");
        let progress = folder.write("pr.json", r#"{"zscape_progress":1}"#);
        let kept: Vec<Vec<u8>> = folder
            .names()
            .iter()
            .map(|name| folder.read(name))
            .collect();
        let link = folder.file("link");
        for arguments in [
            &["render", &model, "seed(1)", "-o", &model][..],
            &["render", &model, "seed(1)", "-o", &link],
            &["render", &model, "seed(1)", "--npy", &model],
            &["grid", &model, "--seeds", "1-4", "--npy", &model],
            &["code", &model, "seed(1)", "--npz", &model],
            &["render", &model, &encode, "-o", &picture],
            &["codes", VAE, "@a", "--codes", &codes, "-o", &codes],
            &["train", &recipe, "--data", &folder.file(""), "-o", &recipe],
            &["progress", "--file", &progress, "--csv", &progress],
        ] {
            run(arguments).refused("which would be lost");
        }
        let (a, b) = (folder.file("s.png"), folder.file("./s.png"));
        run(&["render", VAE, "seed(1)", "-o", &a, "--npy", &b]).refused("two outputs");
        let after: Vec<Vec<u8>> = folder
            .names()
            .iter()
            .map(|name| folder.read(name))
            .collect();
        assert!(kept == after);
    }

    #[test]
    fn names_need_not_be_unicode() {
        let folder = Folder::new();
        let name = std::ffi::OsString::from_vec(b"bad\xff.safetensors".to_vec());
        let path = folder.path().join(name);
        fs::write(&path, model_bytes(VAE)).expect("the folder is there");
        let out = folder.file("o.png");
        let made = program()
            .arg("render")
            .arg(&path)
            .args(["seed(1)", "-o", &out])
            .output()
            .expect("the program starts");
        assert!(
            made.status.success(),
            "{}",
            String::from_utf8_lossy(&made.stderr)
        );
    }

    #[test]
    fn pipes_and_devices_are_no_models() {
        let folder = Folder::new();
        let pipe = folder.file("pipe.safetensors");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status();
        assert!(made.expect("mkfifo runs").success());
        symlink("/dev/zero", folder.path().join("zero.safetensors")).expect("a link");
        for path in [
            pipe.as_str(),
            &folder.file("zero.safetensors"),
            "/proc/kmsg",
        ] {
            run(&["inspect", path]).refused("not an ordinary file");
            run(&["render", path, "seed(1)", "-o", &folder.file("o.png")]).refused("ordinary");
        }
    }
}
