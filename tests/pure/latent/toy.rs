//! A model small enough to compute by hand, and random expressions for it.

use proptest::collection::vec;
use proptest::prelude::*;
use zscape::latent::expr::{Compute, Context, Cross, Expr, LayerRange, Redraw, Vary};
use zscape::latent::{
    Code, Condition, Direction, Lead, Space, SpaceShape, Vocabulary, VocabularyKind,
};

/// A model with z of 3 numbers; with a mapping, w of 2 numbers and w+ of 4 layers.
pub struct Toy {
    pub name: &'static str,
    pub mapping: bool,
    pub encoder: bool,
    codes: Vec<(String, Code)>,
    directions: Vec<Direction>,
    w_mean: Vec<f32>,
    /// One more space, and whether it stands in the place of z.
    other: Option<(Space, SpaceShape)>,
    is_without_z: bool,
    vocabulary: Option<Vocabulary>,
    /// Whether the class acts on the way from z to w.
    is_told_by_map: bool,
}

impl Toy {
    pub const LAYERS: usize = 4;

    /// A model with z, w and w+.
    pub fn styled() -> Self {
        let code = |space, shape, values: &[f32]| {
            Code::new(space, shape, values.to_vec()).expect("it fits")
        };
        let direction = |name: &str, space, values: &[f32]| Direction {
            name: name.to_owned(),
            space,
            values: values.to_vec(),
        };
        let rows = SpaceShape::Layers {
            layers: Self::LAYERS,
            dim: 2,
        };
        let styles = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0];
        Self {
            name: "toy-stylegan",
            mapping: true,
            encoder: true,
            codes: vec![
                ("me".into(), Code::vector(Space::Z, vec![1.0, 2.0, 3.0])),
                ("smiling".into(), Code::vector(Space::Z, vec![0.5; 3])),
                ("inverted".into(), Code::vector(Space::W, vec![1.0, -1.0])),
                ("styles".into(), code(Space::W_PLUS, rows, &styles)),
                ("broken".into(), Code::vector(Space::Z, vec![0.0; 7])),
            ],
            directions: vec![
                direction("glasses", Space::Z, &[0.0, 1.0, 0.5]),
                direction("age", Space::Z, &[1.0, 0.0, -0.5]),
                direction("smile", Space::W, &[0.25, 0.5]),
                direction(
                    "hair",
                    Space::W_PLUS,
                    &[0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0],
                ),
                // Takes precedence over the raw axis.
                direction("z2", Space::Z, &[0.0, 0.0, 10.0]),
            ],
            w_mean: vec![2.0, 4.0],
            other: None,
            is_without_z: false,
            vocabulary: None,
            is_told_by_map: false,
        }
    }

    /// A model with z only and no encoder.
    pub fn plain() -> Self {
        let mut toy = Self::styled();
        toy.name = "toy-gan";
        toy.mapping = false;
        toy.encoder = false;
        toy.codes.retain(|(_, code)| code.space == Space::Z);
        toy.directions.retain(|d| d.space == Space::Z);
        toy
    }
}

impl Toy {
    /// A model with z and w that takes three words on the way from z to w.
    pub fn conditional_styles() -> Self {
        let plain = Self::conditional();
        let mut toy = Self {
            name: "toy-conditional-stylegan",
            vocabulary: plain.vocabulary,
            is_told_by_map: true,
            ..Self::styled()
        };
        let eight = |(name, _): &(String, Code)| name == "eight";
        toy.codes.extend(plain.codes.into_iter().filter(eight));
        toy
    }

    /// A model of z that takes three words, of which one has a named code.
    pub fn conditional() -> Self {
        let words = ["3", "8", "red hair"].map(str::to_owned);
        let mut toy = Self::plain();
        toy.name = "toy-cvae";
        toy.vocabulary = Some(Vocabulary {
            kind: VocabularyKind::Classes,
            words: words.to_vec(),
            default: None,
            exclusive: Vec::new(),
        });
        let mut eight = Code::vector(Space::Z, vec![1.0, 2.0, 3.0]);
        eight.condition = vec![0.0, 1.0, 0.0];
        toy.codes.push(("eight".into(), eight));
        toy
    }

    /// A sampler: seeds are pictures of noise, one channel of 2x2, and one picture has a name.
    pub fn sampler() -> Self {
        let x = Space::X;
        let shape = SpaceShape::Image {
            channels: 1,
            height: 2,
            width: 2,
        };
        Self {
            name: "toy-sampler",
            other: Some((x, shape)),
            is_without_z: true,
            codes: vec![(
                "photo".into(),
                Code::new(x, shape, vec![0.25, -0.5, 1.0, 0.0]).expect("it fits"),
            )],
            directions: Vec::new(),
            ..Self::plain()
        }
    }

    /// A model of z and of grids of 2x2 indices, two of which have a name.
    pub fn with_grid() -> Self {
        let space = Space::named("codes").expect("a name");
        let shape = SpaceShape::Grid {
            height: 2,
            width: 2,
            levels: 16,
        };
        let mut toy = Self::plain();
        toy.name = "toy-vq";
        for (name, values) in [("cat", [1.0, 2.0, 3.0, 4.0]), ("dog", [9.0, 8.0, 7.0, 6.0])] {
            let code = Code::new(space, shape, values.to_vec()).expect("they are indices");
            toy.codes.push((name.to_owned(), code));
        }
        toy.other = Some((space, shape));
        toy
    }
}

impl Context for Toy {
    fn start_space(&self) -> Space {
        match self.other {
            Some((space, _)) if self.is_without_z => space,
            _ => Space::Z,
        }
    }

    fn model_name(&self) -> &str {
        self.name
    }

    fn space(&self, space: Space) -> Option<SpaceShape> {
        if let Some((other, shape)) = self.other
            && space == other
        {
            return Some(shape);
        }
        match space {
            Space::Z if self.is_without_z => None,
            Space::Z => Some(SpaceShape::Vector { dim: 3 }),
            Space::W => self.mapping.then_some(SpaceShape::Vector { dim: 2 }),
            Space::W_PLUS => self.mapping.then_some(SpaceShape::Layers {
                layers: Self::LAYERS,
                dim: 2,
            }),
            _ => None,
        }
    }

    fn lead(&self, space: Space) -> Option<Lead> {
        match space {
            Space::Z if self.mapping => Some(Lead::Map(Space::W)),
            Space::W if self.mapping => Some(Lead::Rows(Space::W_PLUS)),
            _ => None,
        }
    }

    fn mean(&self, space: Space) -> Option<&[f32]> {
        (space == Space::W).then_some(&self.w_mean)
    }

    fn named(&self, name: &str) -> Option<&Code> {
        let (_, code) = self.codes.iter().find(|(known, _)| known == name)?;
        Some(code)
    }

    fn direction(&self, name: &str) -> Option<&Direction> {
        self.directions.iter().find(|d| d.name == name)
    }

    fn names(&self) -> Vec<String> {
        self.codes.iter().map(|(name, _)| name.clone()).collect()
    }

    fn directions(&self) -> Vec<String> {
        self.directions.iter().map(|d| d.name.clone()).collect()
    }

    fn vocabulary(&self) -> Option<&Vocabulary> {
        self.vocabulary.as_ref()
    }

    fn takes_condition(&self, space: Space) -> bool {
        !self.is_told_by_map || space == Space::Z
    }

    fn can_encode(&self) -> bool {
        self.encoder
    }

    fn redrawn_space(&self) -> Option<Space> {
        self.is_without_z.then(|| self.start_space())
    }
}

impl Compute for Toy {
    /// `(z0 + z1, z1 - z2)`, and 100 times the number of the class, from 1, more in the first.
    fn map(
        &mut self,
        from: Space,
        to: Space,
        z: &[f32],
        condition: &[f32],
    ) -> Result<Vec<f32>, String> {
        match z {
            [a, b, c] if self.is_told_by_map && !condition.is_empty() => {
                let weighted = condition.iter().zip([100.0, 200.0, 300.0]);
                let class: f32 = weighted.map(|(weight, number)| weight * number).sum();
                Ok(vec![a + b + class, b - c])
            }
            [a, b, c] if (from, to) == (Space::Z, Space::W) => Ok(vec![a + b, b - c]),
            _ => Err("not a code in z".into()),
        }
    }

    /// Knows one picture.
    fn encode(&mut self, file: &str) -> Result<Code, String> {
        match file {
            "photo.png" => Ok(Code::vector(Space::Z, vec![0.1, 0.2, 0.3])),
            _ => Err("there is no such file".into()),
        }
    }
}

/// Trees that print and parse: any structure and any text, finite numbers.
pub fn printable_expr() -> impl Strategy<Value = Expr> {
    use proptest::num::f32::{NEGATIVE, NORMAL, POSITIVE, SUBNORMAL, ZERO};
    let finite = NORMAL | SUBNORMAL | ZERO | POSITIVE | NEGATIVE;
    let number = prop_oneof![finite, -10.0_f32..10.0, (-8..8).prop_map(|n| n as f32)];
    let layers = (any::<usize>(), any::<usize>());
    tree(
        any_leaf(number.clone().boxed(), 1),
        number.boxed(),
        layers.boxed(),
        1,
    )
}

/// Trees as a program with many errors would build them.
pub fn wild_expr() -> impl Strategy<Value = Expr> {
    let number = prop_oneof![proptest::num::f32::ANY, -3.0_f32..3.0];
    let layer = prop_oneof![any::<usize>(), 0..6_usize];
    let layers = (layer.clone(), layer).boxed();
    tree(
        any_leaf(number.clone().boxed(), 0),
        number.boxed(),
        layers,
        0,
    )
}

/// Trees of z, of numbers that people write; many of them have a value.
pub fn ordinary_expr() -> impl Strategy<Value = Expr> {
    let layers = (0..2_usize, 2..5_usize);
    let leaf = prop_oneof![
        2 => any::<u32>().prop_map(Expr::Seed),
        1 => vec(-3.0_f32..3.0, 3).prop_map(Expr::Vector),
        1 => prop_oneof![Just("me"), Just("smiling")].prop_map(|n| Expr::Named(n.into())),
        2 => prop_oneof![Just("glasses"), Just("age"), Just("z0"), Just("z2")]
            .prop_map(|n| Expr::Direction(n.into())),
    ];
    tree(leaf.boxed(), (-3.0_f32..3.0).boxed(), layers.boxed(), 1)
}

/// Words of any text, each once.
fn any_condition(number: BoxedStrategy<f32>) -> impl Strategy<Value = Condition> {
    let known = proptest::sample::select(&["3", "8", "red hair"][..]).prop_map(str::to_owned);
    let word = prop_oneof![known, any::<String>()];
    let rest = vec((word.clone(), number), 0..3);
    (word, rest).prop_map(|(first, rest)| {
        let mut condition = Condition::word(&first);
        for (word, weight) in rest {
            // A weight of zero would take the word away.
            condition.set(&word, if weight == 0.0 { 1.0 } else { weight });
        }
        condition
    })
}

fn any_space() -> impl Strategy<Value = Space> {
    let known = proptest::sample::select(&["z", "w", "w+", "x", "codes"][..]);
    let name = prop_oneof![known.prop_map(str::to_owned), "[a-zA-Z0-9+_-]{1,16}"];
    name.prop_map(|name| Space::named(&name).expect("a name"))
}

fn any_leaf(number: BoxedStrategy<f32>, fewest: usize) -> BoxedStrategy<Expr> {
    let known = |names: &'static [&'static str]| proptest::sample::select(names);
    let name = known(&["me", "smiling", "inverted", "styles", "broken"]);
    let direction = known(&["glasses", "age", "smile", "hair", "z0", "z2", "w1", "z7"]);
    prop_oneof![
        3 => any::<u32>().prop_map(Expr::Seed),
        2 => vec(number.clone(), fewest..5).prop_map(Expr::Vector),
        2 => (any_space(), vec(number, fewest..5)).prop_map(|(space, v)| Expr::At(space, v)),
        1 => (any_space(), any::<u32>()).prop_map(|(space, index)| Expr::Fill(space, index)),
        1 => (0..20_u32).prop_map(|index| Expr::Fill(Space::CODES, index)),
        2 => name.prop_map(|name| Expr::Named(name.into())),
        1 => any::<String>().prop_map(Expr::Named),
        1 => "[a-c_.-]{1,6}".prop_map(Expr::Named),
        3 => direction.prop_map(|name| Expr::Direction(name.into())),
        1 => any::<String>().prop_map(Expr::Direction),
        1 => any::<String>().prop_map(Expr::Encode),
        1 => Just(Expr::Encode("photo.png".into())),
    ]
    .boxed()
}

fn tree(
    leaf: BoxedStrategy<Expr>,
    number: BoxedStrategy<f32>,
    layers: BoxedStrategy<(usize, usize)>,
    fewest: usize,
) -> impl Strategy<Value = Expr> {
    leaf.prop_recursive(7, 40, 4, move |inner| {
        let one = inner.clone().prop_map(Box::new);
        let two = || (one.clone(), one.clone());
        let number = number.clone();
        let range = layers.clone().prop_map(|(start, end)| start..end);
        let locks = prop_oneof![Just(Vec::new()), vec(range.clone(), 0..3)];
        let ranges = range;
        let known = proptest::sample::select(&["glasses", "smile", "hair", "z1"][..]);
        let name = prop_oneof![4 => known.prop_map(str::to_owned), 1 => any::<String>()];
        let held = prop_oneof![3 => Just(Vec::new()), 1 => vec(name, 0..3)];
        prop_oneof![
            one.clone().prop_map(Expr::Neg),
            two().prop_map(|(a, b)| Expr::Add(a, b)),
            two().prop_map(|(a, b)| Expr::Sub(a, b)),
            (number.clone(), one.clone()).prop_map(|(k, a)| Expr::Scale(k, a)),
            vec(inner, fewest..4).prop_map(Expr::Mean),
            (two(), number.clone()).prop_map(|((a, b), t)| Expr::Lerp(a, b, t)),
            (two(), number.clone()).prop_map(|((a, b), t)| Expr::Slerp(a, b, t)),
            (one.clone(), number.clone()).prop_map(|(a, psi)| Expr::Truncate(a, psi)),
            (one.clone(), number.clone(), layers.clone()).prop_map(|(a, psi, (start, end))| {
                Expr::TruncateLayers(a, psi, LayerRange { start, end })
            }),
            one.clone().prop_map(|a| Expr::w(*a)),
            (one.clone(), any_space()).prop_map(|(a, space)| Expr::Map(a, space)),
            (two(), vec(ranges.clone(), 1..3))
                .prop_map(|((a, b), cells)| Expr::MixCells(a, b, cells)),
            two().prop_map(|(a, b)| Expr::ProjectOut(a, b)),
            (
                one.clone(),
                any::<u32>(),
                number.clone(),
                locks.clone(),
                held
            )
                .prop_map(|(a, seed, sigma, locked, held)| {
                    let vary = Vary {
                        seed,
                        sigma,
                        locked,
                        held,
                    };
                    Expr::Vary(a, vary)
                }),
            (two(), any::<u32>(), locks.clone()).prop_map(|((a, b), seed, locked)| Expr::Cross(
                a,
                b,
                Cross { seed, locked }
            )),
            (one.clone(), any_condition(number.clone())).prop_map(|(a, it)| Expr::Given(a, it)),
            (two(), number.clone(), locks.clone()).prop_map(|((a, b), strength, cells)| {
                Expr::Edit(a, b, Redraw { strength, cells })
            }),
            (two(), layers.clone()).prop_map(|((a, b), (start, end))| Expr::Mix(
                a,
                b,
                LayerRange { start, end }
            )),
        ]
    })
}
