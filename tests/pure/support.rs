//! Random documents.

use proptest::prelude::*;
use serde_json::Value;
use zscape::document::{
    Bookmark, Change, Framing, ModelLink, ModelOrigin, NodeId, SessionView, Staging,
    StoredDirection,
};
use zscape::latent::{Code, Direction, NoiseMode, Sampler, Space, SpaceShape, Values};

pub fn model(number: u8) -> ModelLink {
    ModelLink {
        name: format!("model-{number}"),
        hash: format!("{number:02x}").repeat(32),
        origin: if number.is_multiple_of(2) {
            ModelOrigin::Catalogue(format!("model-{number}"))
        } else {
            ModelOrigin::File(format!("/models/{number} ü.safetensors"))
        },
    }
}

pub fn bookmark(name: &str, values: Vec<f32>) -> Bookmark {
    Bookmark {
        name: name.to_owned(),
        tags: Vec::new(),
        note: String::new(),
        expression: "seed(1)".to_owned(),
        sampler: noisy(3),
        model: model(0),
        created_secs: 1_700_000_000,
        code: Code::vector(Space::Z, values),
        staging: None,
        is_deleted: false,
    }
}

/// Settings of the decode that are not the default.
pub fn noisy(seed: u64) -> Sampler {
    Sampler::with_noise(NoiseMode::Random { seed: seed as u32 })
}

/// A few names, so that they meet.
fn names() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[ab]".prop_map(String::from),
        1 => "[a-z_ü][a-z0-9]{0,8}".prop_map(String::from),
        1 => "\\PC{0,6}".prop_map(String::from),
    ]
}

fn expressions() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<u32>().prop_map(|seed| format!("seed({seed})")),
        (names(), any::<u16>()).prop_map(|(name, seed)| format!("@{name} + seed({seed})")),
        "\\PC{0,40}".prop_map(String::from),
    ]
}

fn numbers() -> impl Strategy<Value = Vec<f32>> {
    let finite = any::<u32>()
        .prop_map(f32::from_bits)
        .prop_filter("codes are finite", |value| value.is_finite());
    prop::collection::vec(finite, 0..6)
}

fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        expressions().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec(("[a-c]", inner), 0..4)
                .prop_map(|entries| Value::Object(entries.into_iter().collect())),
        ]
    })
}

fn bookmarks() -> impl Strategy<Value = Bookmark> {
    let texts = (prop::collection::vec("\\PC{1,8}", 0..4), "\\PC{0,20}");
    (
        names(),
        texts,
        expressions(),
        0_u8..4,
        numbers(),
        any::<bool>(),
    )
        .prop_map(
            |(name, (tags, note), expression, number, values, has_layers)| {
                let shape = if has_layers {
                    SpaceShape::Layers {
                        layers: 1,
                        dim: values.len(),
                    }
                } else {
                    SpaceShape::Vector { dim: values.len() }
                };
                let staging = (number % 2 == 0).then(|| Staging {
                    tools: serde_json::json!({ "codes": [expression] }).to_string(),
                    framing: Framing {
                        zoom: 2.0,
                        middle: [0.25, 0.5],
                    },
                });
                Bookmark {
                    tags,
                    note,
                    expression,
                    staging,
                    model: model(number),
                    code: Code {
                        space: if has_layers { Space::W_PLUS } else { Space::Z },
                        shape,
                        condition: values.iter().take((number % 3).into()).copied().collect(),
                        values: Values::Reals(values),
                        original: None,
                    },
                    ..bookmark(&name, Vec::new())
                }
            },
        )
}

/// Any change; many of them make no sense in a given session.
pub fn change() -> impl Strategy<Value = Change> {
    let tool = prop_oneof![
        1 => Just(None),
        3 => json().prop_map(|value| Some(value).filter(|value| !value.is_null())),
    ];
    let view =
        any::<[bool; 4]>().prop_map(|[controls, filmstrip, all_dims, bookmarks]| SessionView {
            controls,
            filmstrip,
            all_dims,
            bookmarks,
        });
    let direction = (names(), numbers(), 0_u16..999, "\\PC{0,9}").prop_map(
        |(name, values, change, evidence)| StoredDirection {
            direction: Direction {
                name,
                space: Space::Z,
                values,
            },
            picture_change: f32::from(change) / 1024.0,
            evidence,
        },
    );
    prop_oneof![
        1 => direction.prop_map(|direction| Change::AddDirection(Box::new(direction))),
        1 => tool.prop_map(Change::Tool),
        6 => (0_u8..4, expressions(), any::<u64>()).prop_map(|(number, expression, at_secs)| {
            Change::Step {
                model: model(number),
                expression,
                sampler: if at_secs % 3 == 0 { Box::new(noisy(at_secs)) } else { Default::default() },
                at_secs,
                amends: at_secs.is_multiple_of(3),
            }
        }),
        3 => (0_u64..30).prop_map(|number| Change::GoTo(NodeId::new(number))),
        3 => bookmarks().prop_map(|bookmark| Change::AddBookmark(Box::new(bookmark))),
        1 => (names(), names()).prop_map(|(from, to)| Change::RenameBookmark { from, to }),
        1 => (names(), prop::collection::vec("\\PC{1,8}", 0..3), "\\PC{0,9}")
            .prop_map(|(name, tags, note)| Change::DescribeBookmark { name, tags, note }),
        1 => (names(), proptest::option::of(names()))
            .prop_map(|(name, before)| Change::MoveBookmark { name, before }),
        1 => names().prop_map(Change::DeleteBookmark),
        1 => names().prop_map(Change::RestoreBookmark),
        1 => view.prop_map(Change::View),
    ]
}

/// What may happen to a session.
pub fn sessions() -> impl Strategy<Value = Vec<Change>> {
    prop::collection::vec(change(), 0..40)
}
