//! Models that other programs wrote: opened as they are, without running anything that is in them.
//!
//! ```text
//! file ──> Container ──> Architecture ──> Blueprint ──> manifest and tensors ──> ModelFile
//!          names, shapes,  names, shapes    our graphs,     read slice by slice,     the same checks
//!          places          and hints        where from      as f32                   as for our own
//! ```
//!
//! Nothing is believed on the way: containers are bounded, pickles build plain data, and what comes of
//! an architecture goes through the checks that every model file goes through.

mod architecture;
mod blueprint;
mod companions;
pub mod container;
mod derived;
mod describe;
mod group;
mod hints;
mod import;
mod net;
mod onnx;
mod passport;
mod pickle;

pub use describe::{Outline, Undescribed};
pub use hints::{Activation, Hints, Layer, Layers, Range, hints_beside};
pub use import::{Import, Importing};
pub use passport::Passport;

use super::file::{ModelFileError, checked_networks, expected_tensors};
use super::manifest::{DataSource, Manifest};
use blueprint::{About, Blueprint};
use container::Container;
use group::Group;
use net::Weight;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What is said of a file that says how its network is wired.
const ONNX: &str = "graph of operators (ONNX)";

/// A foreign file of which is known what it is; no weight is read.
#[derive(Debug)]
pub struct Foreign {
    container: Container,
    /// What people call the architecture.
    architecture: &'static str,
    why: String,
    notes: Vec<String>,
    manifest: Manifest,
    /// The source of each tensor by our name, and our shape.
    weights: BTreeMap<String, (Weight, Vec<usize>)>,
    /// All files that it is made of, the one that was opened first.
    files: Vec<PathBuf>,
}

impl Foreign {
    /// Looks at a file and at what belongs to it: the file of hints beside it, and the encoder if
    /// one is named.
    ///
    /// # Errors
    /// When the file is broken, is no model that is known, or asks for code to be run.
    pub fn open(path: &Path, encoder: Option<&Path>) -> Result<Self, ModelFileError> {
        Self::look(path, encoder).map_err(ModelFileError::Import)
    }

    fn look(path: &Path, encoder: Option<&Path>) -> Result<Self, String> {
        let mut container = Container::open(path)?;
        if let Some(encoder) = encoder {
            let other = Container::open(encoder).map_err(|fault| {
                format!(
                    "{}: {fault}",
                    encoder.file_name().unwrap_or_default().display()
                )
            })?;
            companions::join(&mut container, other);
        }
        let (hints_file, hints) = Hints::beside(path)?;
        companions::read_config(&mut container, path);
        let mut found = Self::of(container, path, hints)?;
        found.files.extend(hints_file);
        Ok(found)
    }

    /// What a container comes to, by these hints.
    fn of(container: Container, path: &Path, mut hints: Hints) -> Result<Self, String> {
        hints.classes.truncate(crate::latent::MAX_WORDS);
        hints.facts.clone_from(&container.facts);
        let (architecture, left_over, blueprint) = match &container.program {
            Some(_) => (ONNX, None, onnx::blueprint(&container, &hints)?),
            None => recognise(&container, &hints)?,
        };
        let why = blueprint.why.clone();
        let mut notes = blueprint.notes.clone();
        notes.extend(left_over);
        let about = about(path, architecture, &hints);
        let (manifest, sources) = blueprint.into_parts(about);
        let weights = checked(&container, &manifest, sources)?;
        let files = container.files.clone();
        Ok(Self {
            container,
            architecture,
            why,
            notes,
            manifest,
            weights,
            files,
        })
    }

    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// What there is to say about it before it is loaded.
    pub fn passport(&self) -> Passport {
        Passport::of(self)
    }
}

/// The architecture of a file, and what it leaves out.
fn recognise(
    container: &Container,
    hints: &Hints,
) -> Result<(&'static str, Option<String>, Blueprint), String> {
    let groups = match hints.decoder {
        // The names in a file of hints are whole.
        Some(_) => vec![Group::whole(container)],
        None => Group::all(container),
    };
    let total = container
        .tensors
        .values()
        .filter(|it| it.dtype.is_float())
        .count();
    let mut refusal = None;
    for group in &groups {
        for &architecture in architecture::ALL {
            group.take_none();
            // What a small part looks like says nothing about the file.
            let is_most = 2 * group.count() >= total;
            match architecture.recognise(group, hints) {
                None => {}
                Some(Err(fault)) if is_most => {
                    refusal.get_or_insert_with(|| {
                        format!("it looks like a {}, but {fault}", architecture.title())
                    });
                }
                Some(Err(_)) => {}
                Some(Ok(blueprint)) => {
                    if let Some(name) = group.not_taken() {
                        refusal.get_or_insert_with(|| {
                            format!(
                                "it looks like a {}, but {name:?} has no place in one",
                                architecture.title()
                            )
                        });
                        continue;
                    }
                    let left_over = (total > group.count()).then(|| {
                        format!(
                            "of its {total} tensors the {} under {:?} are used",
                            group.count(),
                            group.prefix
                        )
                    });
                    return Ok((architecture.title(), left_over, blueprint));
                }
            }
        }
    }
    Err(refusal.unwrap_or_else(|| unknown(container)))
}

/// The sentence about a file whose tensors are like those of nothing that is known.
fn unknown(container: &Container) -> String {
    let names: Vec<&str> = container
        .tensors
        .keys()
        .take(4)
        .map(String::as_str)
        .collect();
    let names: Vec<String> = names
        .iter()
        .map(|name| name.chars().take(60).collect())
        .collect();
    format!(
        "its architecture is not known (its {} tensors are {} ...); a file of hints beside it can say \
         how it is built",
        container.tensors.len(),
        names.join(", ")
    )
}

/// Takes what comes of an architecture through the checks of every model file, and compares the
/// shapes that the networks need with those that are there.
fn checked(
    container: &Container,
    manifest: &Manifest,
    mut sources: BTreeMap<String, Weight>,
) -> Result<BTreeMap<String, (Weight, Vec<usize>)>, String> {
    let wiring = checked_networks(manifest)
        .map_err(|fault| format!("what it comes to contradicts itself: {fault}"))?;
    let expected = expected_tensors(manifest, &wiring)?;
    let mut weights = BTreeMap::new();
    for (name, shape) in expected {
        let weight = sources
            .remove(&name)
            .ok_or_else(|| format!("nothing in it becomes the tensor {name:?}"))?;
        check_shape(container, &name, &weight, &shape)?;
        weights.insert(name, (weight, shape));
    }
    for (name, weight) in sources {
        let shape = match &weight {
            Weight::Given(values) => vec![values.len()],
            other => {
                let info = other
                    .source()
                    .and_then(|source| container.tensors.get(source));
                info.map(|info| info.shape.clone()).unwrap_or_default()
            }
        };
        let shape = super::file::extra_shape(&name, &shape, manifest, &wiring)
            .map_err(|fault| format!("the tensor {name:?} {fault}"))?;
        check_shape(container, &name, &weight, &shape)?;
        weights.insert(name, (weight, shape));
    }
    Ok(weights)
}

fn check_shape(
    container: &Container,
    ours: &str,
    weight: &Weight,
    shape: &[usize],
) -> Result<(), String> {
    let count = shape.iter().product::<usize>();
    let shape_of = |source: &str| {
        let info = container.tensors.get(source);
        let info = info.ok_or_else(|| format!("the tensor {source:?} is missing"))?;
        Ok::<_, String>(&info.shape[..])
    };
    if let Weight::Derived(derived) = weight.bare() {
        let shapes = derived.sources.iter().map(|source| shape_of(source));
        return derived.check(&shapes.collect::<Result<Vec<_>, _>>()?, shape);
    }
    let Some(source) = weight.source() else {
        return match weight {
            Weight::Given(values) if values.len() != count => Err(format!(
                "{ours:?} needs {count} numbers and has {}",
                values.len()
            )),
            _ => Ok(()),
        };
    };
    weight.check_shape(shape_of(source)?, shape)
}

/// What a model is called: by the hints, or after its file.
fn about(path: &Path, architecture: &str, hints: &Hints) -> About {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let stem: String = stem.chars().filter(|c| !c.is_control()).take(80).collect();
    let title = hints.title.clone().unwrap_or_else(|| stem.clone());
    let name = hints.name.clone().unwrap_or(stem);
    let plain = |c: char| {
        if c.is_alphanumeric() || matches!(c, '-' | '_' | '.') {
            c
        } else {
            '-'
        }
    };
    let summary = hints.summary.clone();
    About {
        name: name.chars().map(plain).collect(),
        title,
        summary: summary.unwrap_or_else(|| format!("Made elsewhere: {architecture}.")),
        data: DataSource {
            name: hints
                .data
                .clone()
                .unwrap_or_else(|| "not stated".to_owned()),
            licence: hints
                .licence
                .clone()
                .unwrap_or_else(|| "licence not stated".to_owned()),
        },
    }
}
