//! Model files whose networks are graphs, on the command line.

use crate::graph_files::{
    CODES, DENOISER, GENERATORS, HIDDEN, JUDGE, LATENT_DENOISER, MAPPED, PICTURE, RESIDUAL, bytes,
};
use crate::support::{Folder, read_npy, read_png, run};

fn model(folder: &Folder, name: &str) -> String {
    folder.write(&format!("{name}.safetensors"), bytes(name))
}

#[test]
fn inspect_shows_spaces_and_networks() {
    let folder = Folder::new();
    for (name, parts) in [
        (
            RESIDUAL,
            &["graph network", "z of 12", "decoder of a graph of 22 nodes"][..],
        ),
        (PICTURE, &["x of 2x8x8"]),
        (CODES, &["codes of 4x4 of 32", "decoder.book.weight"]),
        (
            MAPPED,
            &["w+ of 3x10", "map from z to w of a graph of 4 nodes"],
        ),
        (
            JUDGE,
            &["classifier of a graph of 4 nodes", "round, square, other"],
        ),
    ] {
        let shown = run(&["inspect", &model(&folder, name)]).succeeded().stdout;
        for part in parts {
            assert!(shown.contains(part), "{name}: {shown} has no {part:?}");
        }
    }
}

#[test]
fn pictures_of_every_kind_are_rendered_and_replayed() {
    let folder = Folder::new();
    let start = "[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 30, 31]";
    for (name, expression) in [
        (RESIDUAL, "slerp(seed(1), seed(2), 0.4) + 0.5*dir(\"z3\")"),
        (PICTURE, "0.8*seed(4) + dir(\"x7\")"),
        (CODES, "cross(seed(5), seed(6), 7)"),
        (CODES, start),
        (MAPPED, "mix(seed(1), seed(2), layers 1..3)"),
        (MAPPED, "truncate(seed(3), 0.7)"),
        (HIDDEN, "mix(seed(1), map(seed(2), \"h\"), cells [0..20])"),
    ] {
        let path = model(&folder, name);
        let (out, again) = (folder.file("out.png"), folder.file("again.png"));
        run(&["render", &path, expression, "-o", &out, "--device", "cpu"]).succeeded();
        let (size, pixels) = read_png(&folder.read("out.png"));
        assert_eq!(size, [16, 16], "{name}");
        let (least, most) = (pixels.iter().min(), pixels.iter().max());
        assert!(least < most, "{name}: {expression} is one colour");
        run(&[
            "render", &path, "--from", &out, "-o", &again, "--device", "cpu",
        ])
        .succeeded();
        assert!(
            folder.read("out.png") == folder.read("again.png"),
            "{name}: {expression} is another picture"
        );
    }
}

#[test]
fn grids_of_seeds_and_other_noise() {
    let folder = Folder::new();
    for name in GENERATORS {
        let (path, out) = (model(&folder, name), folder.file("grid.png"));
        run(&[
            "grid", &path, "--seeds", "0-3", "-o", &out, "--device", "cpu",
        ])
        .succeeded();
    }
    let path = model(&folder, RESIDUAL);
    let of_noise = |noise: &str| {
        let out = folder.file("out.npy");
        let run = run(&[
            "render", &path, "seed(1)", "--npy", &out, "--noise", noise, "--device", "cpu",
        ]);
        run.succeeded();
        read_npy(&folder.read("out.npy")).1
    };
    assert!(of_noise("const") != of_noise("none"));
    assert!(of_noise("random:3") != of_noise("random:4"));
}

#[test]
fn codes_are_written_in_any_space_that_the_model_leads_to() {
    let folder = Folder::new();
    let out = folder.file("codes.npy");
    for (name, space, kind, shape) in [
        (HIDDEN, "h", "'<f4'", &[1, 2, 8, 8][..]),
        (MAPPED, "w+", "'<f4'", &[1, 3, 10]),
        (CODES, "codes", "'<u4'", &[1, 4, 4]),
    ] {
        let path = model(&folder, name);
        run(&["codes", &path, "seed(1)", "--space", space, "-o", &out]).succeeded();
        let bytes = folder.read("codes.npy");
        let file = npyz::NpyFile::new(&bytes[..]).expect("an array");
        assert_eq!(
            (file.shape(), file.dtype().descr().as_str()),
            (shape, kind),
            "{name}"
        );
    }
    let path = model(&folder, HIDDEN);
    let at = "map(seed(1), \"h\")";
    run(&["codes", &path, at, "--space", "z", "-o", &out])
        .refused("nothing leads from a code in h to one in z");
}

#[test]
fn what_a_space_cannot_do_is_refused_by_its_name() {
    let folder = Folder::new();
    let out = folder.file("out.png");
    for (name, expression, part) in [
        (CODES, "seed(1) + seed(2)", "codes in codes of graph-codes"),
        (CODES, "[1, 2]", "codes of graph-codes has 4x4 of 32"),
        (PICTURE, "w(seed(1))", "graph-picture has no w space"),
        (RESIDUAL, "dir(\"z12\")", "the axes of z are z0 to z11"),
        (MAPPED, "dir(\"x0\")", "graph-mapped has no x space"),
    ] {
        let path = model(&folder, name);
        run(&["render", &path, expression, "-o", &out]).refused(part);
    }
    let path = model(&folder, JUDGE);
    run(&["render", &path, "seed(1)", "-o", &out]).refused("no latent space");
}

#[test]
fn a_sampler_is_set_on_the_command_line_and_kept_with_the_picture() {
    let folder = Folder::new();
    let (out, again) = (folder.file("out.png"), folder.file("again.png"));
    for name in [DENOISER, LATENT_DENOISER] {
        let path = model(&folder, name);
        let picture = |more: &[&str]| {
            let plain = ["render", &path, "seed(7)", "-o", &out, "--device", "cpu"];
            run(&[&plain[..], more].concat()).succeeded();
            let pixels = read_png(&folder.read("out.png")).1;
            run(&[
                "render", &path, "--from", &out, "-o", &again, "--device", "cpu",
            ])
            .succeeded();
            assert!(
                folder.read("out.png") == folder.read("again.png"),
                "{more:?}"
            );
            pixels
        };
        let usual = picture(&[]);
        assert_eq!(
            usual,
            picture(&[
                "--method",
                "dpm-solver++",
                "--steps",
                "20",
                "--guidance",
                "1"
            ])
        );
        assert_ne!(usual, picture(&["--steps", "2"]), "{name}");
        assert_ne!(usual, picture(&["--schedule", "karras"]), "{name}");
        assert_ne!(
            usual,
            picture(&["--method", "ddim", "--eta", "1"]),
            "{name}"
        );
    }
    let path = model(&folder, DENOISER);
    let frames = folder.file("steps");
    run(&[
        "render",
        &path,
        "seed(7)",
        "--steps",
        "6",
        "--class",
        "square",
        "--guidance",
        "2",
        "--steps-out",
        &frames,
        "--device",
        "cpu",
    ])
    .succeeded();
    assert_eq!(std::fs::read_dir(&frames).expect("a folder").count(), 6);
    let grid = [
        "grid", &path, "--seeds", "0-3", "-o", &out, "--device", "cpu",
    ];
    run(&[&grid[..], &["--method", "euler", "--steps", "3"]].concat()).succeeded();
    let strip = [
        "strip", &path, "seed(1)", "seed(2)", "--count", "3", "-o", &out, "--device", "cpu",
    ];
    run(&[&strip[..], &["--sampler", "heun", "--method", "slerp"]].concat()).succeeded();
}

#[test]
fn settings_of_a_sampler_that_cannot_be_are_refused() {
    let folder = Folder::new();
    let (path, out) = (model(&folder, DENOISER), folder.file("refused.png"));
    for (option, value, part) in [
        ("--steps", "0", "1 to 1000 steps"),
        ("--steps", "10000000", "1 to 1000 steps"),
        ("--eta", "NaN", "eta is a number from 0"),
        ("--guidance", "NaN", "guidance is a number from 0 to 100"),
        ("--guidance", "-1", "guidance is a number from 0 to 100"),
        (
            "--judge-guidance",
            "-1",
            "guidance is a number from 0 to 100",
        ),
        ("--judge-guidance", "2", "no judge knows the pictures"),
        ("--method", "ddmi", "did you mean ddim?"),
    ] {
        run(&["render", &path, "seed(7)", "-o", &out, option, value]).refused(part);
    }
    assert!(!folder.names().contains(&"refused.png".to_owned()));
    // Settings of a model without a sampler are noted and change nothing.
    let path = model(&folder, PICTURE);
    run(&[
        "render", &path, "seed(7)", "-o", &out, "--steps", "5", "--device", "cpu",
    ])
    .complained("one step");
}

#[test]
fn a_way_in_parts_and_its_film_are_written_and_replayed() {
    let folder = Folder::new();
    let path = model(&folder, DENOISER);
    let (out, film, again) = (
        folder.file("a.png"),
        folder.file("film.png"),
        folder.file("b.png"),
    );
    let render = |more: &[&str]| {
        let base = [
            "render", &path, "seed(4)", "--device", "cpu", "--steps", "6",
        ];
        run(&[&base[..], more].concat())
    };
    let then = ["--then", "2:ddim,steps=3,eta=0.5"];
    let both = ["-o", &out, "--steps-out", &film, "--steps-show", "both"];
    render(&[&then[..], &both[..]].concat()).succeeded();
    // Two steps, then three: five columns, two rows.
    let (picture, pixels) = read_png(&folder.read("a.png"));
    let (size, _) = read_png(&folder.read("film.png"));
    assert_eq!(size, [5 * picture[0], 2 * picture[1]]);
    run(&[
        "render", "--from", &out, &path, "-o", &again, "--device", "cpu",
    ])
    .succeeded();
    assert_eq!(read_png(&folder.read("b.png")), (picture, pixels.clone()));
    let plain = folder.file("c.png");
    render(&["-o", &plain]).succeeded();
    assert_ne!(read_png(&folder.read("c.png")).1, pixels);
    for (wrong, named) in [
        ("6:ddim", "after step 6 of 6"),
        ("0:ddim", "after step 0 of 6"),
        ("2:ddim,steps=0", "0 steps"),
        ("2:dim", "did you mean ddim"),
        ("two", "is no turn"),
    ] {
        render(&["-o", &plain, "--then", wrong]).refused(named);
    }
    let many = ["--then", "1:ddim"].repeat(4);
    render(&[&["-o", &plain], &many[..]].concat()).refused("at most 3 times");
    let told = ["--steps-out", "x.gif", "--steps-show", "likelihoods"];
    render(&[&["-o", &plain], &told[..]].concat()).refused("writes its picture place by place");
}
