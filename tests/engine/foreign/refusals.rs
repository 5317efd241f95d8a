//! Files of known networks in which one thing is wrong: a sentence each, at the latest when the weights are read.

use super::parity;
use crate::foreign_files::{Form, Tensor};
use std::path::Path;
use zscape::model::ModelFile;
use zscape::model::foreign::Foreign;

fn written(folder: &Path, tensors: &[Tensor]) -> std::path::PathBuf {
    let path = folder.join("network.pt");
    std::fs::write(&path, Form::TorchZip.bytes(tensors)).expect("the folder is there");
    path
}

/// Reads a case after a change of it.
#[track_caller]
fn refused(case: &str, change: impl Fn(&mut Vec<Tensor>), part: &str) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut tensors = parity::tensors_of(case);
    change(&mut tensors);
    let Err(fault) = ModelFile::read(&written(folder.path(), &tensors)) else {
        panic!("{case}: it is read, without {part:?}");
    };
    let fault = fault.to_string();
    assert!(fault.contains(part), "{case}: {fault}");
}

/// Changes the numbers of the first tensor whose name ends so.
fn with(end: &str, change: impl Fn(&mut [f32])) -> impl Fn(&mut Vec<Tensor>) {
    move |tensors| {
        let found = tensors.iter_mut().find(|it| it.name.ends_with(end));
        change(&mut found.expect("it is there").values);
    }
}

fn without(end: &'static str) -> impl Fn(&mut Vec<Tensor>) {
    move |tensors| {
        let before = tensors.len();
        tensors.retain(|it| !it.name.ends_with(end));
        assert!(tensors.len() < before, "{end}");
    }
}

/// Calls a part of the names something else.
fn renamed(from: &'static str, to: &'static str) -> impl Fn(&mut Vec<Tensor>) {
    move |tensors| {
        for tensor in tensors {
            tensor.name = tensor.name.replace(from, to);
        }
    }
}

/// Gives the first tensor whose name ends so another shape.
fn reshaped(end: &'static str, shape: &'static [usize]) -> impl Fn(&mut Vec<Tensor>) {
    move |tensors| {
        let found = tensors.iter_mut().find(|it| it.name.ends_with(end));
        let found = found.expect("it is there");
        *found = Tensor::new(&found.name, shape, vec![0.25; shape.iter().product()]);
    }
}

#[test]
fn stylegan3() {
    let t = "stylegan3 t";
    refused(
        t,
        with("L2_52_5.up_filter", |taps| taps[3] = f32::NAN),
        "holds NaN",
    );
    refused(t, without("L2_52_5.up_filter"), "L2_52_5\" are missing");
    refused(t, without("L5_32_3.weight"), "filters");
    refused(t, without("L2_52_5.weight"), "not all there");
    refused(t, without("input.transform"), "input.transform");
    refused(t, without("magnitude_ema"), "magnitude_ema");
    refused(t, reshaped("L1_36_6.up_filter", &[7]), "7 and 12 taps");
    refused(
        t,
        reshaped("L1_36_6.up_filter", &[4104]),
        "larger than 4096",
    );
    refused(
        t,
        reshaped("L1_36_6.up_filter", &[12, 2]),
        "more than one axis",
    );
    refused(t, reshaped("L1_36_6.down_filter", &[1, 12]), "down_filter");
    refused(t, reshaped("input.freqs", &[6, 3]), "frequencies");
    refused(
        t,
        reshaped("L1_36_6.weight", &[6, 6, 5, 5]),
        "has the shape",
    );
    refused(
        t,
        reshaped("L1_36_6.affine.weight", &[6, 7]),
        "does not fit",
    );
    let larger = with("input.transform", |values| values[0] = 2.5);
    refused(t, larger, "makes them faster");
    let nothing = with("L3_52_5.magnitude_ema", |values| values[0] = 0.0);
    refused(t, nothing, "no size");
    for (from, to) in [
        ("L0_36_6", "L0_4096_6"),
        ("L2_52_5", "L2_9000_5"),
        ("L2_52_5", "L2_0_5"),
        ("L2_52_5", "L2_18446744073709551615_5"),
        ("L5_32_3", "L5_8192_3"),
        ("L5_32_3", "L5_33_3"),
    ] {
        refused(t, renamed(from, to), "StyleGAN3");
    }
    let lopsided = with("L0_36_6.down_filter", |taps| taps[1] += 0.1);
    refused("stylegan3 r", lopsided, "not the same along both sides");
}

#[test]
fn biggan() {
    let case = "biggan";
    let zeros = with("gen_z.weight_u", |values| values.fill(0.0));
    refused(case, zeros, "no singular value");
    refused(case, without("layers.1.conv_2.weight_orig"), "conv_2");
    refused(case, without("layers.3.bn_1.scale.weight_u"), "weight_u");
    refused(case, without("layers.2.gamma"), "gamma");
    refused(case, without("layers.4.conv_0.weight_orig"), "");
    refused(case, reshaped("bn_0.running_means", &[0, 16]), "");
    refused(
        case,
        reshaped("bn_0.running_vars", &[2, 16]),
        "running_vars",
    );
    refused(
        case,
        reshaped("embeddings.weight", &[5, 5000]),
        "4096 classes",
    );
    refused(
        case,
        reshaped("conv_to_rgb.weight_orig", &[2, 4, 3, 3]),
        "2 channels",
    );
    refused(case, reshaped("gen_z.weight_v", &[9]), "gen_z.weight_orig");
    refused(
        case,
        reshaped("snconv1x1_phi.weight_orig", &[3, 8, 1, 1]),
        "",
    );
}

#[test]
fn glow() {
    let case = "glow";
    let none = with("actnorm.scale", |values| values[2] = 0.0);
    refused(case, none, "holds inf");
    let flat = with("invconv.s_sign", |values| values[1] = 0.0);
    refused(case, flat, "nothing undoes");
    let huge = with("invconv.w_s", |values| values[1] = 1e4);
    refused(case, huge, "");
    refused(case, without("invconv.w_u"), "w_u");
    refused(case, without("coupling.net.4.scale"), "scale");
    refused(case, without("blocks.1.prior.conv.bias"), "prior");
    refused(case, reshaped("invconv.w_p", &[12, 13]), "w_p");
    refused(
        case,
        reshaped("coupling.net.4.conv.weight", &[12, 6, 1, 1]),
        "",
    );
    refused(case, reshaped("actnorm.loc", &[5]), "");
    let folder = tempfile::tempdir().expect("a folder");
    let path = written(folder.path(), &parity::tensors_of(case));
    for (image, part) in [
        ("[3, 30, 32]", "cannot be halved"),
        ("[3, 0, 32]", "cannot be halved"),
        ("[3, 65536, 65536]", "too large"),
        ("[3, 8000000000000000000, 8000000000000000000]", "too large"),
    ] {
        let hints = format!("image = {image}\n");
        std::fs::write(path.with_extension("toml"), hints).expect("the folder is there");
        let fault = Foreign::open(&path, None).expect_err("it does not fit");
        assert!(fault.to_string().contains(part), "{image}: {fault}");
    }
    let hints = "image = [3, 32, 16]\n";
    std::fs::write(path.with_extension("toml"), hints).expect("the folder is there");
    let passport = Foreign::open(&path, None).expect("it fits").passport();
    assert_eq!(passport.image, [3, 32, 16]);
    assert!(passport.encodes && passport.spaces == ["z of 1536"]);
}

#[test]
fn real_nvp() {
    let case = "real nvp";
    let zeros = with("rescale.weight_v", |values| values[1] = 0.0);
    refused(case, zeros, "no length");
    let nothing = with("blocks.0.in_conv.conv.weight_v", |values| values.fill(0.0));
    refused(case, nothing, "no length");
    let endless = with("rescale.weight_g", |values| values[0] = f32::INFINITY);
    refused(case, endless, "holds inf");
    refused(case, without("in_skip.conv.weight_g"), "weight_g");
    refused(case, without("skips.1.conv.weight_v"), "skips.1");
    refused(case, without("blocks.1.out_norm.running_var"), "");
    refused(
        case,
        without("next_block.in_couplings.3.rescale.weight_v"),
        "rescale",
    );
    refused(case, reshaped("rescale.weight_g", &[4, 1, 1]), "weight_g");
    refused(case, reshaped("rescale.weight_v", &[3, 1, 2]), "weight_g");
    refused(
        case,
        reshaped("in_conv.conv.weight_v", &[6, 6]),
        "no convolution",
    );
    refused(case, reshaped("out_conv.conv.weight_v", &[7, 6, 1, 1]), "");
    refused(
        case,
        reshaped("in_couplings.0.st_net.in_norm.weight", &[0]),
        "",
    );
    refused(
        case,
        reshaped("in_couplings.0.st_net.in_norm.weight", &[4]),
        "",
    );
    for value in [0.0, 1.0, -2.0] {
        let other = with("data_constraint", |values| values[0] = value);
        refused(case, other, "between 0 and 1");
    }
    // Scales that are not all there.
    let cut = |tensors: &mut Vec<Tensor>| tensors.retain(|it| !it.name.contains("next_block"));
    refused(case, cut, "not all there");
    let cut = |tensors: &mut Vec<Tensor>| tensors.retain(|it| !it.name.contains("out_couplings"));
    refused(case, cut, "not all there");
    let folder = tempfile::tempdir().expect("a folder");
    let path = written(
        folder.path(),
        &parity::tensors_of("real nvp of three scales"),
    );
    for (image, part) in [
        ("[1, 30, 32]", "cannot be halved"),
        ("[1, 0, 32]", "cannot be halved"),
        ("[1, 65536, 65536]", "too large"),
        ("[1, 8000000000000000000, 8000000000000000000]", "too large"),
    ] {
        let hints = format!("image = {image}\n");
        std::fs::write(path.with_extension("toml"), hints).expect("the folder is there");
        let fault = Foreign::open(&path, None).expect_err("it does not fit");
        assert!(fault.to_string().contains(part), "{image}: {fault}");
    }
    let hints = "image = [1, 20, 28]\n";
    std::fs::write(path.with_extension("toml"), hints).expect("the folder is there");
    let passport = Foreign::open(&path, None).expect("it fits").passport();
    assert_eq!(passport.image, [1, 20, 28]);
    assert!(passport.encodes && passport.spaces == ["z of 560"]);
}

#[test]
fn real_nvp_by_other_names_of_the_same_tensors_is_the_same_model() {
    let folder = tempfile::tempdir().expect("a folder");
    let tensors = parity::tensors_of("real nvp");
    let plain = ModelFile::read(&written(folder.path(), &tensors)).expect("it is sound");
    let read = |rename: &dyn Fn(&str) -> String| {
        let tensors = tensors
            .iter()
            .map(|it| Tensor::new(&rename(&it.name), &it.shape, it.values.clone()));
        ModelFile::read(&written(folder.path(), &tensors.collect::<Vec<_>>())).expect("it is sound")
    };
    // As it was trained, in the dictionary of its training; and as newer versions of PyTorch keep lengths.
    let wrapped = read(&|name| format!("net.module.{name}"));
    let parametrised = read(&|name| {
        let name = name.replace("weight_g", "parametrizations.weight.original0");
        name.replace("weight_v", "parametrizations.weight.original1")
    });
    for found in [wrapped, parametrised] {
        assert_eq!(found.manifest.networks, plain.manifest.networks);
        assert!(found.tensors == plain.tensors, "the tensors differ");
    }
}

#[test]
fn what_stands_in_a_passport() {
    let folder = tempfile::tempdir().expect("a folder");
    for (case, parts) in [
        (
            "stylegan3 t",
            &[
                "StyleGAN3",
                "config T",
                "32x32 RGB",
                "z of 6",
                "w of 8",
                "w+ of 7x8",
            ][..],
        ),
        (
            "stylegan3 r",
            &[
                "config R",
                "z of 5",
                "one of 0, 1, 2",
                "on the way from z to w",
            ],
        ),
        (
            "biggan",
            &[
                "BigGAN-deep",
                "16x16 RGB",
                "z of 5",
                "one of 0, 1, 2, 3",
                "of the 3 sets of statistics",
                "without truncation",
            ],
        ),
        (
            "glow",
            &[
                "Glow",
                "64x64 RGB",
                "z of 12288",
                "encoding pictures",
                "64x64 is assumed",
            ],
        ),
        (
            "real nvp",
            &[
                "Real NVP",
                "32x32 RGB",
                "z of 3072",
                "encoding pictures",
                "32x32 is assumed",
                "0.875 of the range",
            ],
        ),
    ] {
        let path = written(folder.path(), &parity::tensors_of(case));
        let foreign = Foreign::open(&path, None).expect("it is known");
        let rows = foreign.passport().rows();
        let rows: Vec<&str> = rows.iter().map(|(_, row)| row.as_str()).collect();
        let rows = rows.join("\n");
        for part in parts {
            assert!(rows.contains(part), "{part} in {rows}");
        }
    }
}

#[test]
fn network_pickles_of_nvidia_open_and_nothing_in_them_is_run() {
    let folder = tempfile::tempdir().expect("a folder");
    for case in ["stylegan2 conditional", "stylegan2 plain", "stylegan3 r"] {
        let tensors = parity::tensors_of(case);
        let path = folder.path().join("network.pkl");
        std::fs::write(&path, Form::Persistent.bytes(&tensors)).expect("the folder is there");
        let passport = Foreign::open(&path, None).expect("it is known").passport();
        assert_eq!(passport.suspicious, Vec::<String>::new(), "{case}");
        assert_eq!(passport.container, "Python pickle");
        let found = ModelFile::read(&path).expect("it is sound");
        let plain = ModelFile::read(&written(folder.path(), &tensors)).expect("it is sound");
        assert!(found.tensors == plain.tensors, "{case}: the tensors differ");
    }
}
