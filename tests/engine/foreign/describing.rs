//! Files of unknown architectures: what a person is shown of them, and what becomes of what is said.

use crate::foreign_files::{self, Form, Tensor};
use std::path::{Path, PathBuf};
use zscape::model::ModelFile;
use zscape::model::foreign::{Foreign, Hints, Layer, Undescribed};

fn write(folder: &Path, name: &str, tensors: &[Tensor]) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, Form::TorchZip.bytes(tensors)).expect("the folder is there");
    path
}

fn opened(path: &Path) -> Undescribed {
    let fault = Foreign::open(path, None).expect_err("nobody knows it");
    Undescribed::open(path, fault.to_string()).expect("it holds weights")
}

#[test]
fn the_guess_has_the_layers_of_the_file_and_what_lies_between() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = write(
        folder.path(),
        "mine.pt",
        &foreign_files::upsampling_generator(),
    );
    let file = opened(&path);
    assert!(file.why.contains("not known"), "{}", file.why);
    let shapes: Vec<&str> = file
        .modules
        .iter()
        .map(|(_, part)| part.shape.as_str())
        .collect();
    assert_eq!(shapes[..2], ["linear 6 to 128", "batch norm of 8"]);
    let guess = file.guess();
    let text = guess.to_string();
    assert_eq!(
        text,
        "image = [1, 4, 4]\nrange = \"0..1\"\n\n[decoder]\nlayers = [\n  {linear = \"l1.0\"},\n  {reshape = [8, 4, 4]},\n  \
         {batch_norm = \"conv_blocks.0\"},\n  \"relu\",\n  {conv = \"conv_blocks.2\", padding = 1},\n  \
         {batch_norm = \"conv_blocks.3\"},\n  \"relu\",\n  {conv = \"conv_blocks.6\", padding = 1},\n  \
         {batch_norm = \"conv_blocks.7\"},\n  \"relu\",\n  {conv = \"conv_blocks.9\", padding = 1},\n  \"sigmoid\",\n]\n"
    );
    let outline = file.outline(&guess);
    assert_eq!(outline.shapes.len(), 12);
    assert_eq!(
        (&outline.shapes[0][..], &outline.shapes[11][..]),
        (&[128][..], &[1, 4, 4][..])
    );
    assert_eq!(
        outline.outcome.expect("it fits"),
        "From z of 6 to a picture of 4x4, grey"
    );
    // What was saved is what comes back.
    std::fs::write(folder.path().join("mine.toml"), text).expect("a file");
    assert_eq!(
        ModelFile::read(&path)
            .expect("it is described")
            .manifest
            .image
            .height,
        4
    );
}

#[test]
fn transposed_kernels_double_in_the_guess() {
    let folder = tempfile::tempdir().expect("a folder");
    let tensor =
        |name: &str, shape: &[usize]| Tensor::new(name, shape, vec![0.25; shape.iter().product()]);
    let path = write(
        folder.path(),
        "mine.pt",
        &[
            tensor("encoder.conv.weight", &[4, 3, 3, 3]),
            tensor("encoder.conv.bias", &[4]),
            tensor("decoder.odd.scale", &[5]),
            tensor("decoder.fc.weight", &[72, 5]),
            tensor("decoder.fc.bias", &[72]),
            tensor("decoder.up1.weight", &[8, 6, 4, 4]),
            tensor("decoder.up1.bias", &[6]),
            tensor("decoder.norm.weight", &[6]),
            tensor("decoder.norm.bias", &[6]),
            tensor("decoder.norm.running_mean", &[6]),
            tensor("decoder.norm.running_var", &[6]),
            tensor("decoder.up2.weight", &[6, 3, 3, 3]),
            tensor("decoder.up2.bias", &[3]),
        ],
    );
    let file = opened(&path);
    let mut draft = file.guess();
    let layers = &mut draft.decoder.as_mut().expect("a guess").layers;
    // What has no weight is no layer that is known; a person takes it away.
    layers.retain(|layer| layer.module() != Some("decoder.odd"));
    layers.retain(|layer| layer.to_string() != "\"relu\"");
    let text: Vec<String> = layers.iter().map(Layer::to_string).collect();
    assert_eq!(
        text,
        [
            "{linear = \"decoder.fc\"}",
            "{reshape = [8, 3, 3]}",
            "{conv_transpose = \"decoder.up1\", stride = 2, padding = 1}",
            "{batch_norm = \"decoder.norm\"}",
            "{conv_transpose = \"decoder.up2\", stride = 2, padding = 1, output_padding = 1}",
            "\"sigmoid\"",
        ]
    );
    draft.image = Some([3, 12, 12]);
    assert_eq!(
        file.outline(&draft).outcome.expect("it fits"),
        "From z of 5 to a picture of 12x12, RGB"
    );
}

#[test]
fn what_does_not_fit_is_said_in_a_sentence_that_names_the_layer() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = write(
        folder.path(),
        "mine.pt",
        &foreign_files::upsampling_generator(),
    );
    let file = opened(&path);
    let guess = file.guess();
    let with = |change: &dyn Fn(&mut Hints)| {
        let mut draft = guess.clone();
        change(&mut draft);
        file.outline(&draft)
    };
    let layers = |draft: &mut Hints, change: &dyn Fn(&mut Vec<Layer>)| {
        change(&mut draft.decoder.as_mut().expect("a guess").layers);
    };
    let huge = usize::MAX / 2;
    for (change, part) in [
        (
            &(|draft: &mut Hints| layers(draft, &|it| drop(it.remove(1)))) as &dyn Fn(&mut Hints),
            "layer 2, {batch_norm",
        ),
        (
            &|draft| layers(draft, &|it| it.clear()),
            "no layer that a code goes into",
        ),
        (
            &|draft| {
                layers(draft, &|it| {
                    it.insert(0, Layer::Reshape { reshape: vec![] })
                })
            },
            "layer 1",
        ),
        (
            &|draft| {
                layers(draft, &|it| {
                    it[1] = Layer::Reshape {
                        reshape: vec![huge, 4, 4],
                    }
                })
            },
            "layer 2, {reshape",
        ),
        (
            &|draft| {
                layers(draft, &|it| {
                    it.push(Layer::Upsample {
                        upsample: [huge, 2],
                    })
                })
            },
            "layer 13, {upsample",
        ),
        (
            &|draft| layers(draft, &|it| it.push(Layer::MaxPool { max_pool: 0 })),
            "layer 13, {max_pool",
        ),
        (
            &|draft| {
                layers(draft, &|it| {
                    it.push(Layer::PixelShuffle {
                        pixel_shuffle: huge,
                    })
                })
            },
            "layer 13, {pixel_shuffle",
        ),
        (
            &|draft| {
                layers(draft, &|it| {
                    it.push(Layer::Linear {
                        linear: "absent".to_owned(),
                    })
                })
            },
            "absent",
        ),
        (&|draft| draft.image = Some([1, 5, 5]), "picture"),
        (&|draft| draft.image = Some([2, 4, 2]), "channels"),
        (&|draft| draft.image = None, "no image"),
    ] {
        let outline = with(change);
        let fault = outline.outcome.expect_err(part);
        assert!(fault.contains(part), "{fault} should contain {part:?}");
    }
}

#[test]
fn what_hints_cannot_help_is_not_offered() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("mine.pt");
    let bytes = Form::TorchZip.bytes(&foreign_files::upsampling_generator());
    std::fs::write(&path, &bytes[..bytes.len() / 2]).expect("a file");
    assert!(
        Undescribed::open(&path, String::new()).is_none(),
        "it is cut short"
    );
    std::fs::write(&path, &bytes).expect("a file");
    std::fs::write(folder.path().join("mine.toml"), "goose = 1").expect("a file");
    assert!(
        Undescribed::open(&path, String::new()).is_none(),
        "what a person wrote must not be overwritten"
    );
    // Hints that say a part are kept.
    std::fs::write(
        folder.path().join("mine.toml"),
        "title = \"Mine\"\nimage = [3, 8, 8]\n",
    )
    .expect("a file");
    let guess = Undescribed::open(&path, String::new())
        .expect("it can be described")
        .guess();
    assert_eq!(
        (guess.title.as_deref(), guess.image),
        (Some("Mine"), Some([3, 8, 8]))
    );
}
