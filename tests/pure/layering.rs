//! The layers of ARCHITECTURE.md: arrows between them run one way.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

/// A folder of `src/` and what its files may and may not name.
struct Layer {
    name: &'static str,
    /// Layers that it may import besides itself.
    may_import: &'static [&'static str],
    /// Paths that it may not name.
    may_not_name: &'static [&'static str],
}

const LAYERS: &[Layer] = &[
    Layer {
        name: "latent",
        may_import: &[],
        may_not_name: &["burn", "wgpu", "egui", "eframe", "std::fs"],
    },
    Layer {
        name: "files",
        may_import: &[],
        may_not_name: &["burn", "wgpu", "egui", "eframe"],
    },
    Layer {
        name: "model",
        may_import: &["latent", "files"],
        may_not_name: &["wgpu", "egui", "eframe"],
    },
    Layer {
        name: "gpu",
        may_import: &["latent", "model"],
        may_not_name: &["burn", "egui", "eframe"],
    },
    Layer {
        name: "document",
        may_import: &["latent", "files"],
        may_not_name: &["burn", "wgpu", "egui", "eframe"],
    },
    Layer {
        name: "engine",
        may_import: &["latent", "files", "model", "gpu", "document"],
        may_not_name: &["egui", "eframe"],
    },
    Layer {
        name: "render",
        may_import: &["latent", "files", "model", "document", "engine"],
        may_not_name: &["burn", "wgpu", "egui", "eframe"],
    },
    Layer {
        name: "learn",
        may_import: &["latent", "files", "model", "document"],
        may_not_name: &["burn", "wgpu", "egui", "eframe"],
    },
    Layer {
        name: "app",
        may_import: &[
            "latent", "files", "model", "gpu", "engine", "document", "render", "learn",
        ],
        may_not_name: &["burn"],
    },
    Layer {
        name: "ui",
        may_import: &[
            "latent", "files", "model", "gpu", "engine", "document", "render", "learn", "app",
        ],
        may_not_name: &["burn", "std::fs"],
    },
    Layer {
        name: "train",
        may_import: &["latent", "files", "model", "gpu", "engine", "document"],
        may_not_name: &["egui", "eframe"],
    },
    Layer {
        name: "cli",
        may_import: &[
            "latent", "files", "model", "engine", "document", "render", "learn", "ui", "train",
        ],
        may_not_name: &["burn", "wgpu", "egui", "eframe"],
    },
];

#[test]
fn arrows_run_one_way() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut faults = String::new();
    for layer in LAYERS {
        let mut files = Vec::new();
        collect(&source.join(layer.name), &mut files);
        assert!(!files.is_empty(), "src/{} has no files", layer.name);
        for file in files {
            let text = fs::read_to_string(&file).expect("a source file is text");
            let place = file.strip_prefix(&source).expect("it lies under src");
            for fault in faults_of(layer_of(layer, place), place, &text) {
                // Writing into a string cannot fail.
                let _ = writeln!(faults, "src/{}: {fault}", place.display());
            }
        }
    }
    assert!(faults.is_empty(), "\n{faults}");
}

/// The layer of a file in the folder of a layer: what a tool paints lies beside the tool, and is a
/// part of the window.
fn layer_of(folder: &'static Layer, place: &Path) -> &'static Layer {
    let ui = LAYERS.iter().find(|layer| layer.name == "ui");
    let ui = ui.filter(|_| place.strip_prefix("app").is_ok_and(is_panel));
    ui.unwrap_or(folder)
}

/// Whether a file of `src/app` is the panel of a tool, or a part of it.
fn is_panel(place: &Path) -> bool {
    let in_tools = place.strip_prefix("tools").ok();
    let part = in_tools.and_then(|place| place.components().nth(1));
    part.is_some_and(|part| Path::new(part.as_os_str()).with_extension("") == Path::new("panel"))
}

/// Only registries know families apart; everything else asks what a model can do, so that a new
/// family is not forgotten anywhere.
#[test]
fn only_registries_know_families_apart() {
    const REGISTRIES: &[&str] = &[
        "model/family.rs",
        "model/manifest.rs",
        // Gives models of other programs a family.
        "model/foreign/blueprint.rs",
        // Makes a manifest of a family for tests.
        "model/style/random.rs",
        "train/task.rs",
    ];
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut faults = Vec::new();
    let mut files = Vec::new();
    collect(&source, &mut files);
    for file in files {
        let text = fs::read_to_string(&file).expect("a source file is text");
        let name = file.strip_prefix(&source).expect("it is in src");
        let names_one = text.match_indices("Family::").any(|(at, _)| {
            // `FontFamily` is the window's.
            !text[..at].ends_with("Font")
        });
        if names_one && !REGISTRIES.iter().any(|known| name == Path::new(known)) {
            faults.push(name.display().to_string());
        }
    }
    assert!(faults.is_empty(), "families are told apart in {faults:?}");
}

#[test]
fn every_folder_is_a_layer() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for entry in fs::read_dir(source).expect("src is a folder") {
        let path = entry.expect("src can be listed").path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        assert!(
            path.is_file() || LAYERS.iter().any(|layer| layer.name == name),
            "src/{name} stands in no layer: add it to the table here and in ARCHITECTURE.md"
        );
    }
}

/// The parts of the window know each other in one direction only, so that one can be read, and
/// changed, without those above it.
#[test]
fn no_parts_of_the_window_import_each_other_in_a_circle() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/app");
    let registry = fs::read_to_string(folder.join("mod.rs")).expect("a source file is text");
    let mut files = Vec::new();
    collect(&folder, &mut files);
    let sources: Vec<(PathBuf, String)> = files
        .into_iter()
        .map(|file| {
            let text = fs::read_to_string(&file).expect("a source file is text");
            let place = file.strip_prefix(&folder).expect("it lies in src/app");
            (place.to_owned(), text)
        })
        .filter(|(place, _)| !is_panel(place))
        .collect();
    let circles = circles(&imports(&registry, &sources));
    assert!(circles.is_empty(), "circles of imports: {circles:#?}");
}

#[test]
fn circles_are_found() {
    let registry = "mod a; mod b; mod c; pub use a::First; pub use c::{Third, other};";
    let source = |place: &str, text: &str| (PathBuf::from(place), text.to_owned());
    let straight = [
        source("a.rs", "use super::b::Second;"),
        source("b/mod.rs", "use crate::app::Third;"),
        source(
            "b/inner.rs",
            "use super::Second; use super::super::c::other;",
        ),
        source("c.rs", "#[cfg(test)] mod tests { use crate::app::First; }"),
    ];
    assert!(circles(&imports(registry, &straight)).is_empty());
    let mut round = straight.to_vec();
    round.push(source("c/inner.rs", "use super::super::First;"));
    let found = circles(&imports(registry, &round));
    assert_eq!(found, [["a", "b", "c"]]);
}

/// Which part of the window imports which: parts are the modules of `registry`, and what it
/// exports again belongs to them.
fn imports(registry: &str, sources: &[(PathBuf, String)]) -> BTreeMap<String, BTreeSet<String>> {
    let registry = code_of(registry);
    let modules = registry.split(';').filter_map(|item| {
        let (before, name) = item.trim().rsplit_once(' ')?;
        (before == "mod" || before.ends_with(" mod")).then_some(name.to_owned())
    });
    let mut home: BTreeMap<String, String> = modules.map(|name| (name.clone(), name)).collect();
    let registry = paths(&registry);
    for path in &registry {
        if let [module, .., name] = path.as_slice()
            && home.contains_key(module)
        {
            home.insert(name.clone(), module.clone());
        }
    }
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (place, text) in sources {
        let first = place.components().next().expect("a file has a name");
        let part = Path::new(&first).with_extension("");
        let part = part.to_string_lossy().into_owned();
        if part == "mod" {
            continue;
        }
        let program = text.split("#[cfg(test)]").next().unwrap_or_default();
        for path in paths(&code_of(program)) {
            let supers = path.iter().take_while(|part| *part == "super").count();
            let names: Vec<&str> = path.iter().map(String::as_str).collect();
            let from_app = match names.split_at(supers) {
                (_, ["crate", "app", rest @ ..]) => rest,
                (_, rest) if supers > 0 && supers == depth(place) => rest,
                _ => &[],
            };
            if let [name, ..] = *from_app
                && let Some(other) = home.get(name)
                && *other != part
            {
                found.entry(part.clone()).or_default().insert(other.clone());
            }
        }
    }
    found
}

/// The groups of parts of which each reaches all others, in alphabetical order.
fn circles(imports: &BTreeMap<String, BTreeSet<String>>) -> Vec<Vec<String>> {
    let reached = |from: &str| {
        let mut reached = BTreeSet::new();
        let mut open = vec![from.to_owned()];
        while let Some(part) = open.pop() {
            for next in imports.get(&part).into_iter().flatten() {
                if reached.insert(next.clone()) {
                    open.push(next.clone());
                }
            }
        }
        reached
    };
    let mut found: Vec<Vec<String>> = Vec::new();
    for part in imports.keys() {
        let there = reached(part);
        if there.contains(part) && !found.iter().any(|circle| circle.contains(part)) {
            let back = there.iter().filter(|other| reached(other).contains(part));
            found.push(back.cloned().collect());
        }
    }
    found
}

#[test]
fn panels_of_tools_belong_to_the_window() {
    let app = LAYERS.iter().find(|it| it.name == "app").expect("a layer");
    let find = |place: &str, text: &str| {
        let place = Path::new(place);
        faults_of(layer_of(app, place), place, text)
    };
    let painting = "use crate::ui::theme::tokens;";
    for panel in ["app/tools/map/panel.rs", "app/tools/map/panel/stage.rs"] {
        assert!(find(panel, painting).is_empty(), "{panel}");
        assert_eq!(find(panel, "use std::fs;\nlet x = fs::read(y);").len(), 1);
    }
    for other in [
        "app/tools/map/mod.rs",
        "app/tools/panel.rs",
        "app/panel/x.rs",
    ] {
        assert_eq!(find(other, painting).len(), 1, "{other}");
        assert_eq!(find(other, "let view = panel::View::default();").len(), 1);
        assert_eq!(find(other, "use super::map::panel::View;").len(), 1);
        assert!(find(other, "pub(crate) mod panel;").is_empty());
    }
}

#[test]
fn the_reader_of_use_lines_finds_arrows() {
    let find = |text: &str| faults_of(&LAYERS[0], Path::new("latent/expr/eval.rs"), text);
    assert!(find("use crate::latent::{Code, Space};\nuse super::super::Code;").is_empty());
    assert!(find("// use crate::engine::Engine;\n/* burn::x */ let s = \"wgpu::x\";").is_empty());
    for text in [
        "use crate::engine::Engine;",
        "let x = crate::model::load();",
        "use crate::{latent::Code, model::{self, Family}};",
        "use burn::tensor::Tensor;",
        "use ::burn::tensor::Tensor;",
        "use std::{fs, io};",
        "let x = std::fs::read(path);",
        "use super::super::super::engine;",
    ] {
        assert_eq!(find(text).len(), 1, "{text}");
    }
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a layer is a folder") {
        let path = entry.expect("a layer can be listed").path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

/// What `text`, which lies at `place` under `src/`, names and may not.
fn faults_of(layer: &Layer, place: &Path, text: &str) -> Vec<String> {
    let mut faults = Vec::new();
    let all = paths(&code_of(text));
    // `burn::tensor::wgpu` is burn's; after such an import `wgpu` means that one.
    let is_imported = |name: &str| {
        all.iter()
            .any(|path| path.len() > 1 && path[path.len() - 1] == name)
    };
    for path in &all {
        let supers = path.iter().take_while(|part| *part == "super").count();
        let names: Vec<&str> = path.iter().map(String::as_str).collect();
        // `super::engine` in a file that lies right under the crate is `crate::engine`.
        let from_crate = match names.split_at(supers) {
            (_, ["crate", rest @ ..]) => rest,
            (_, rest) if supers > 0 && supers >= depth(place) => rest,
            _ => &[],
        };
        if let [other, ..] = *from_crate
            && other != layer.name
            && LAYERS.iter().any(|layer| layer.name == other)
            && !layer.may_import.contains(&other)
        {
            faults.push(format!("{} may not import {other}", layer.name));
        }
        // Panels of tools lie in the layer below the window's.
        if layer.name == "app" && names.len() > 1 && names.contains(&"panel") {
            faults.push("app may not name a panel".to_owned());
        }
        for forbidden in layer.may_not_name {
            let parts: Vec<&str> = forbidden.split("::").collect();
            let is_other = parts.len() == 1 && is_imported(forbidden);
            if names.len() > 1 && names.starts_with(&parts) && !is_other {
                faults.push(format!("{} may not name {forbidden}", layer.name));
            }
        }
    }
    faults.sort();
    faults.dedup();
    faults
}

/// How deep the module of a file lies under the crate.
fn depth(place: &Path) -> usize {
    let parts = place.components().count();
    parts - usize::from(place.ends_with("mod.rs"))
}

/// `text` without comments, strings and characters.
fn code_of(text: &str) -> String {
    let mut code = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        let skipped = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if next == '"' {
            string_len(rest)
        } else if rest.starts_with("'\"'") {
            3
        } else {
            code.push(next);
            rest = &rest[next.len_utf8()..];
            continue;
        };
        code.push(' ');
        rest = &rest[skipped..];
    }
    code
}

/// Bytes of the string literal that `text` begins with.
fn string_len(text: &str) -> usize {
    let mut escaped = false;
    for (index, c) in text.char_indices().skip(1) {
        match c {
            '"' if !escaped => return index + 1,
            '\\' => escaped = !escaped,
            _ => escaped = false,
        }
    }
    text.len()
}

/// Every path in `code`, with the groups in braces spread out.
fn paths(code: &str) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    let mut groups: Vec<Vec<String>> = Vec::new();
    let mut path: Vec<String> = Vec::new();
    let mut joined = false;
    let mut rest = code;
    while let Some(next) = rest.chars().next() {
        if rest.starts_with("::") {
            joined = true;
            rest = &rest[2..];
            if rest.starts_with('{') {
                groups.push(std::mem::take(&mut path));
                joined = false;
                rest = &rest[1..];
            }
        } else if next == '_' || next.is_alphabetic() {
            let end = rest.find(|c: char| c != '_' && !c.is_alphanumeric());
            let (word, after) = rest.split_at(end.unwrap_or(rest.len()));
            if !joined || path.is_empty() {
                flush(&groups, &mut path, &mut found);
            }
            if word != "use" {
                path.push(word.to_owned());
            }
            joined = false;
            rest = after;
        } else {
            if !next.is_whitespace() {
                flush(&groups, &mut path, &mut found);
                joined = false;
            }
            match next {
                '{' if !groups.is_empty() => groups.push(Vec::new()),
                '}' => drop(groups.pop()),
                _ => {}
            }
            rest = &rest[next.len_utf8()..];
        }
    }
    flush(&groups, &mut path, &mut found);
    found
}

/// Ends a path: what stands before the open braces belongs to it.
fn flush(groups: &[Vec<String>], path: &mut Vec<String>, found: &mut Vec<Vec<String>>) {
    if !path.is_empty() {
        let mut whole: Vec<String> = groups.iter().flatten().cloned().collect();
        whole.append(path);
        found.push(whole);
    }
}
