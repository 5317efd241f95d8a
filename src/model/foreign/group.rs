//! The tensors of one network among those of a file: what stands under one prefix.

use super::container::{Container, Form, TensorInfo};
use std::cell::{OnceCell, RefCell};
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

/// As many prefixes are tried.
const MAX_GROUPS: usize = 200;
/// The most numbers of a tensor that is looked into before the weights are read.
const MAX_VALUES: usize = 4096;
/// The most tensors of a network that is known by the order of its layers.
const MAX_ORDERED: usize = 400;

/// Tensors under a prefix, which is left out of their names. Which of them a network takes is noted,
/// so that one that takes only some of them is not mistaken for the one that was saved.
#[derive(Debug)]
pub struct Group<'a> {
    pub prefix: String,
    container: &'a Container,
    tensors: BTreeMap<&'a str, &'a TensorInfo>,
    taken: RefCell<BTreeSet<String>>,
    by_order: bool,
    orders: OnceCell<Vec<Vec<Module>>>,
}

/// A layer: all tensors whose names differ in the last part only.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Module {
    pub name: String,
    pub kind: ModuleKind,
}

/// What its tensors look like.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ModuleKind {
    /// A weight of `[outputs, inputs]`.
    Linear {
        inputs: usize,
        outputs: usize,
    },
    /// A weight of `[a, b, height, width]`: a convolution from b to a, or a transposed one from a to b.
    Kernel {
        sides: [usize; 4],
        bias: Option<usize>,
    },
    /// A batch normalisation of so many channels.
    BatchNorm(usize),
    Other,
}

impl<'a> Group<'a> {
    fn new(container: &'a Container, prefix: &str) -> Self {
        let tensors = container.tensors.iter();
        let tensors = tensors.filter_map(|(name, info)| {
            let name = name.strip_prefix(prefix)?;
            info.dtype.is_float().then_some((name, info))
        });
        Self {
            prefix: prefix.to_owned(),
            container,
            tensors: tensors.collect(),
            taken: RefCell::default(),
            // What writes safetensors sorts by name.
            by_order: !matches!(container.form, Form::Safetensors | Form::Sharded),
            orders: OnceCell::new(),
        }
    }

    /// All groups of a file that could be a network, the likeliest first: those of averaged weights
    /// before others, the whole before its parts.
    pub fn all(container: &'a Container) -> Vec<Self> {
        let mut prefixes = BTreeSet::from([""]);
        for name in container.tensors.keys() {
            let dots = name.match_indices('.');
            prefixes.extend(dots.map(|(at, _)| &name[..=at]));
            if prefixes.len() > 4 * MAX_GROUPS {
                break;
            }
        }
        let rank = |prefix: &str| {
            let is_averaged = prefix.to_ascii_lowercase().contains("ema");
            (!is_averaged, prefix.matches('.').count(), prefix.len())
        };
        let mut prefixes: Vec<&str> = prefixes.into_iter().filter(|it| !is_beside(it)).collect();
        prefixes.sort_by_key(|prefix| rank(prefix));
        prefixes.truncate(MAX_GROUPS);
        let groups = prefixes
            .into_iter()
            .map(|prefix| Self::new(container, prefix));
        let groups: Vec<Self> = groups.filter(|group| !group.tensors.is_empty()).collect();
        // What has a further prefix in all its names is the same tensors under longer names.
        let counts: Vec<(String, usize)> = groups
            .iter()
            .map(|group| (group.prefix.clone(), group.count()))
            .collect();
        let is_wrapped = |group: &Self| {
            counts.iter().any(|(prefix, count)| {
                prefix.len() > group.prefix.len()
                    && prefix.starts_with(&group.prefix)
                    && *count == group.count()
            })
        };
        groups
            .into_iter()
            .filter(|group| !is_wrapped(group))
            .collect()
    }

    /// All tensors of a file, under their whole names.
    pub fn whole(container: &'a Container) -> Self {
        Self::new(container, "")
    }

    /// How many tensors it has.
    pub fn count(&self) -> usize {
        self.tensors.len()
    }

    pub fn names(&self) -> impl Iterator<Item = &'a str> {
        self.tensors.keys().copied()
    }

    pub fn shape(&self, name: &str) -> Option<&'a [usize]> {
        self.tensors.get(name).map(|info| &info.shape[..])
    }

    pub fn has(&self, name: &str) -> bool {
        self.tensors.contains_key(name)
    }

    /// Whether the file has a tensor of this name beside the group: under the prefix without its last part.
    pub fn is_beside(&self, name: &str) -> bool {
        let above = self.prefix.trim_end_matches('.').rsplit_once('.');
        let above = above.map_or(String::new(), |(above, _)| format!("{above}."));
        self.container
            .tensors
            .contains_key(&format!("{above}{name}"))
    }

    /// The numbers of a small tensor that says how a network is built, such as a filter. Weights are
    /// not read here.
    ///
    /// # Errors
    /// A sentence when it is missing, is no small one, or holds what is no number.
    pub fn values(&self, name: &str) -> Result<Vec<f32>, String> {
        let whole = format!("{}{name}", self.prefix);
        let info = self.tensors.get(name);
        let info = info.ok_or_else(|| format!("the tensor {whole:?} is missing"))?;
        if info.count() > MAX_VALUES {
            return Err(format!(
                "the tensor {whole:?} of shape {:?} is larger than {MAX_VALUES} numbers",
                info.shape
            ));
        }
        let mut values = Vec::new();
        let files = self.container.open_files()?;
        files
            .read(info, 0, MAX_VALUES, &mut values)
            .map_err(|fault| format!("the tensor {whole:?}: {fault}"))?;
        if let Some(found) = values.iter().find(|value| !value.is_finite()) {
            return Err(format!("the tensor {whole:?} holds {found}"));
        }
        self.take(name);
        Ok(values)
    }

    /// Notes that a network takes a tensor.
    pub fn take(&self, name: &str) {
        self.taken.borrow_mut().insert(name.to_owned());
    }

    /// Notes that all tensors under a prefix are of no use here.
    pub fn leave_out(&self, prefix: &str) {
        let names = self.names().filter(|name| name.starts_with(prefix));
        self.taken.borrow_mut().extend(names.map(str::to_owned));
    }

    /// Forgets which were taken.
    pub fn take_none(&self) {
        self.taken.borrow_mut().clear();
    }

    /// The first tensor that was not taken.
    pub fn not_taken(&self) -> Option<&'a str> {
        let taken = self.taken.borrow();
        self.names().find(|name| !taken.contains(*name))
    }

    /// Its layers, in each order in which they may run, the likeliest first: that of the file where it
    /// keeps the order in which the layers were made, else what their names say.
    ///
    /// There are none where there are more layers than such models have.
    pub fn orders(&self) -> &[Vec<Module>] {
        self.orders.get_or_init(|| match self.count() {
            0..=MAX_ORDERED => self.find_orders(),
            _ => Vec::new(),
        })
    }

    fn find_orders(&self) -> Vec<Vec<Module>> {
        let mut found: BTreeMap<&str, usize> = BTreeMap::new();
        for (name, info) in &self.tensors {
            let module = name.rsplit_once('.').map_or("", |(module, _)| module);
            let order = found.entry(module).or_insert(info.order);
            *order = info.order.min(*order);
        }
        let in_file = found.clone();
        let modules = |mut names: Vec<&str>, order: &dyn Fn(&str, &str) -> Ordering| {
            names.sort_by(|a, b| order(a, b));
            let module = |name: &str| Module {
                name: name.to_owned(),
                kind: self.kind(name),
            };
            names.into_iter().map(module).collect::<Vec<Module>>()
        };
        let names: Vec<&str> = found.into_keys().collect();
        let by_part = |a: &str, b: &str| part_of(a).cmp(&part_of(b)).then_with(|| natural(a, b));
        if self.by_order {
            return vec![modules(names, &|a, b| in_file[a].cmp(&in_file[b]))];
        }
        vec![
            modules(names.clone(), &natural),
            modules(names.clone(), &str::cmp),
            modules(names, &by_part),
        ]
    }

    fn kind(&self, module: &str) -> ModuleKind {
        let part = |part: &str| match module {
            "" => part.to_owned(),
            module => format!("{module}.{part}"),
        };
        let weight = self.shape(&part("weight"));
        let bias = self.shape(&part("bias"));
        let bias = bias.and_then(|shape| shape.first().copied());
        if let Some(&[count]) = self.shape(&part("running_mean")) {
            return ModuleKind::BatchNorm(count);
        }
        match weight {
            Some(&[outputs, inputs]) => ModuleKind::Linear { inputs, outputs },
            Some(&[a, b, height, width]) => ModuleKind::Kernel {
                sides: [a, b, height, width],
                bias,
            },
            _ => ModuleKind::Other,
        }
    }
}

/// Whether a prefix is that of what trains beside a generator.
fn is_beside(prefix: &str) -> bool {
    let first = prefix
        .split('.')
        .next()
        .unwrap_or_default()
        .to_ascii_lowercase();
    first.contains("optim") || matches!(&*first, "d" | "netd" | "discriminator" | "callbacks")
}

/// Which part of an autoencoder a layer belongs to, by the words in its name.
pub fn part_of(name: &str) -> usize {
    let name = name.to_ascii_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| name.contains(word));
    if has(&["final", "out"]) {
        5
    } else if has(&["deconv", "convt", "conv_t", "trans", "up"]) {
        4
    } else if has(&["dec", "gen"]) {
        3
    } else if is_logvar(&name) {
        2
    } else if is_mean(&name) {
        1
    } else {
        0
    }
}

/// Whether a layer gives means, by its name.
pub fn is_mean(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["mu", "mean", "loc"].iter().any(|word| name.contains(word)) && !is_logvar(&name)
}

/// Whether a layer gives log variances, by its name.
pub fn is_logvar(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["var", "sigma", "std"]
        .iter()
        .any(|word| name.contains(word))
}

/// The order of names in which 9 comes before 10.
pub fn natural(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a, b);
    loop {
        let split = |text: &str| {
            text.find(|c: char| !c.is_ascii_digit())
                .unwrap_or(text.len())
        };
        let (a_len, b_len) = (split(a), split(b));
        if a_len > 0 && b_len > 0 {
            let digits = |text: &str, len: usize| text[..len].trim_start_matches('0').to_owned();
            let (x, y) = (digits(a, a_len), digits(b, b_len));
            let order = x.len().cmp(&y.len()).then_with(|| x.cmp(&y));
            if order.is_ne() {
                return order;
            }
            (a, b) = (&a[a_len..], &b[b_len..]);
            continue;
        }
        match (a.chars().next(), b.chars().next()) {
            (Some(x), Some(y)) if x == y => {
                (a, b) = (&a[x.len_utf8()..], &b[y.len_utf8()..]);
            }
            (x, y) => return x.cmp(&y),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_names_count() {
        let mut names = ["a.10.b", "a.9.b", "b", "a.9", "a.09.c"];
        names.sort_by(|a, b| natural(a, b));
        assert_eq!(names, ["a.9", "a.9.b", "a.09.c", "a.10.b", "b"]);
    }
}
