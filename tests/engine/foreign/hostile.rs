//! Foreign files that lie, ask for code, or never end.

use crate::foreign_files::{FORMS, Form, Pickle, Tensor, small_vae, torch_legacy, torch_zip};
use std::path::Path;
use zscape::model::ModelFile;
use zscape::model::foreign::container::Container;

#[track_caller]
fn refused(folder: &Path, bytes: &[u8], part: &str) {
    let path = folder.join("a.pt");
    std::fs::write(&path, bytes).expect("the folder is there");
    let fault = ModelFile::read(&path)
        .expect_err("it is broken")
        .to_string();
    assert!(fault.contains(part), "{fault}");
}

/// A file of PyTorch with this pickle in it, in both forms.
fn files(pickle: &[u8]) -> [Vec<u8>; 2] {
    let tensors = small_vae();
    [
        torch_zip(&tensors, pickle),
        // Without storages: only those that a pickle names have a known length.
        torch_legacy(&[], pickle),
    ]
}

#[test]
fn calls_are_refused_by_name() {
    let folder = tempfile::tempdir().expect("a folder");
    let call = |module: &str, name: &str| {
        let pickle = Pickle::new()
            .global(module, name)
            .op(b'(')
            .text("echo")
            .op(b't')
            .op(b'R');
        pickle.stop()
    };
    for (module, name) in [
        ("os", "system"),
        ("posix", "system"),
        ("builtins", "eval"),
        ("builtins", "__import__"),
        ("subprocess", "Popen"),
        ("torch", "load"),
        ("torch.hub", "load"),
        ("functools", "partial"),
        ("operator", "attrgetter"),
        ("__main__", "Model"),
    ] {
        for bytes in files(&call(module, name)) {
            refused(folder.path(), &bytes, &format!("calls {module}.{name}"));
        }
    }
    // By every instruction that calls.
    let by_inst = Pickle(b"(X\x04\0\0\0echoios\nsystem\n.".to_vec()).0;
    let by_obj = Pickle::new()
        .op(b'(')
        .global("os", "system")
        .text("echo")
        .op(b'o')
        .stop();
    let by_new = Pickle::new()
        .global("os", "system")
        .op(b')')
        .op(0x81)
        .stop();
    let by_stack = Pickle::new()
        .text("os")
        .text("system")
        .op(0x93)
        .op(b')')
        .op(b'R')
        .stop();
    let by_base = Pickle::new()
        .global("copyreg", "_reconstructor")
        .op(b'(')
        .global("os", "system");
    let by_base = by_base
        .global("builtins", "object")
        .op(b'N')
        .op(b't')
        .op(b'R')
        .stop();
    for pickle in [by_inst, by_obj, by_new, by_stack, by_base] {
        for bytes in files(&pickle) {
            refused(folder.path(), &bytes, "os.system");
        }
    }
    // A call of what a call gave.
    let twice = Pickle::new().empty_mapping().op(b')').op(b'R').stop();
    for bytes in files(&twice) {
        refused(folder.path(), &bytes, "cannot be called");
    }
}

#[test]
fn what_is_only_named_is_noted() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.pt");
    let tensors = small_vae();
    let pickle = Pickle::new()
        .op(b'}')
        .op(b'(')
        .text("callback")
        .global("os", "system");
    let mut pickle = pickle.text("state_dict").op(b'}').op(b'(');
    for (key, tensor) in tensors.iter().enumerate() {
        pickle = pickle.text(&tensor.name).tensor(key, &tensor.shape);
    }
    let pickle = pickle.op(b'u').op(b'u').stop();
    std::fs::write(&path, torch_zip(&tensors, &pickle)).expect("the folder is there");
    let container = Container::open(&path).expect("it is sound");
    assert_eq!(container.tensors.len(), tensors.len());
    assert!(
        container
            .notes
            .iter()
            .any(|note| note.contains("os.system")),
        "{:?}",
        container.notes
    );
    assert!(ModelFile::read(&path).is_ok());
}

#[test]
fn bombs_are_small() {
    let folder = tempfile::tempdir().expect("a folder");
    // A list that holds the one before twice, thirty times over.
    let mut doubling = Pickle::new().op(b'}').op(b'q').op(0);
    for level in 0..60_u8 {
        let (below, this) = (level, level + 1);
        doubling = doubling
            .op(b'}')
            .op(b'(')
            .text("a")
            .op(b'h')
            .op(below)
            .text("b")
            .op(b'h')
            .op(below);
        doubling = doubling.op(b'u').op(b'q').op(this);
    }
    // A dictionary that holds itself.
    let circle = Pickle::new()
        .op(b'}')
        .op(b'q')
        .op(0)
        .op(b'(')
        .text("me")
        .op(b'h')
        .op(0)
        .op(b'u');
    let nested = {
        let mut pickle = Pickle::new();
        for _ in 0..100_000 {
            pickle = pickle.op(b'(');
        }
        for _ in 0..100_000 {
            pickle = pickle.op(b't');
        }
        pickle
    };
    let high = Pickle(vec![b'N'; 1_500_000]);
    let many = Pickle(b"N0".repeat(1_500_000));
    let far = Pickle::new()
        .op(b'N')
        .op(b'r')
        .op(0xff)
        .op(0xff)
        .op(0xff)
        .op(0x7f);
    let long = Pickle::new()
        .op(0x8e)
        .op(0xff)
        .op(0xff)
        .op(0xff)
        .op(0xff)
        .op(0xff)
        .op(0)
        .op(0)
        .op(0);
    for (pickle, part) in [
        (doubling, "nested without end"),
        (circle, "no tensors"),
        (nested, ""),
        (high, "piles up"),
        (many, "instructions"),
        (far, "remembers"),
        (long, "cut short"),
    ] {
        let pickle = pickle.stop();
        for bytes in files(&pickle) {
            refused(folder.path(), &bytes, part);
        }
    }
}

#[test]
fn tensors_must_lie_in_the_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let one = |shape: &[usize], strides: &[usize], offset: i32| {
        let pickle = Pickle::new()
            .op(b'}')
            .op(b'(')
            .text("a")
            .global("torch._utils", "_rebuild_tensor_v2");
        let pickle = pickle
            .op(b'(')
            .op(b'(')
            .text("storage")
            .global("torch", "FloatStorage");
        let pickle = pickle
            .text("0")
            .text("cpu")
            .int(4)
            .op(b't')
            .op(b'Q')
            .int(offset);
        let pickle = pickle
            .tuple(shape)
            .tuple(strides)
            .op(b't')
            .op(b'R')
            .op(b'u');
        let tensors = [Tensor::new("a", &[4], vec![1.0; 4])];
        torch_zip(&tensors, &pickle.stop())
    };
    for (shape, strides, offset, part) in [
        (&[5][..], &[1][..], 0, "needs more than"),
        (&[4], &[1], 1, "needs more than"),
        (&[2, 2], &[1 << 30, 1 << 30], 0, "needs more than"),
        (&[1 << 30, 1 << 30, 1 << 30], &[0, 0, 0], 0, "absurd"),
        (&[1 << 20, 1 << 10], &[0, 0], 0, "claim"),
        (&[4], &[1, 1], 0, "strides"),
        (&[4], &[1], -1, "without numbers"),
    ] {
        refused(folder.path(), &one(shape, strides, offset), part);
    }
}

#[test]
fn archives_do_not_inflate() {
    let folder = tempfile::tempdir().expect("a folder");
    let zeros = [Tensor::new("a", &[4_000_000], vec![0.0; 4_000_000])];
    let path = folder.path().join("a.npz");
    std::fs::write(&path, Form::NpzCompressed.bytes(&zeros)).expect("the folder is there");
    let fault = ModelFile::read(&path)
        .expect_err("it is a bomb")
        .to_string();
    assert!(fault.contains("claims"), "{fault}");
}

#[test]
fn files_cut_short_are_sentences() {
    let folder = tempfile::tempdir().expect("a folder");
    for form in FORMS {
        let bytes = form.bytes(&small_vae());
        for part in 1..40 {
            let len = bytes.len() * part / 40;
            let path = folder.path().join("a");
            std::fs::write(&path, &bytes[..len]).expect("the folder is there");
            let fault = ModelFile::read(&path)
                .expect_err("it is cut short")
                .to_string();
            assert!(!fault.is_empty(), "{form:?} {len}");
        }
    }
}
