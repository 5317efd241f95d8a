//! Recipes of version 2: every subject and every number comes back as it was.

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use zscape::document::raster::Pixels;
use zscape::document::recipe::Animation;
use zscape::document::{Raster, Recipe, Subject, embedded, png};
use zscape::latent::path::{Easing, Method};
use zscape::latent::{Code, Direction, ModelId, NoiseMode, Sampler, Space, SpaceShape, Values};

fn finite() -> impl Strategy<Value = f32> {
    use proptest::num::f32::{NEGATIVE, NORMAL, POSITIVE, SUBNORMAL, ZERO};
    NORMAL | SUBNORMAL | ZERO | POSITIVE | NEGATIVE
}

fn text() -> impl Strategy<Value = String> {
    "\\PC{0,40}"
}

fn code() -> impl Strategy<Value = Code> {
    let vector = || {
        let space = prop_oneof![Just(Space::Z), Just(Space::W)];
        (space, vec(finite(), 1..9)).prop_map(|(space, values)| Code::vector(space, values))
    };
    let layers = (1..4_usize, vec(finite(), 1..4)).prop_map(|(layers, row)| Code {
        space: Space::W_PLUS,
        shape: SpaceShape::Layers {
            layers,
            dim: row.len(),
        },
        values: Values::Reals(row.repeat(layers)),
        condition: Vec::new(),
        original: None,
    });
    let asked =
        (vector(), vec(finite(), 0..4)).prop_map(|(code, condition)| Code { condition, ..code });
    prop_oneof![vector(), layers, asked]
}

fn direction() -> impl Strategy<Value = Direction> {
    (text(), vec(finite(), 1..5)).prop_map(|(name, values)| Direction {
        name,
        space: Space::Z,
        values,
    })
}

fn subject() -> impl Strategy<Value = Subject> {
    let sheet = (
        vec(text(), 0..5),
        any::<usize>(),
        any::<u32>(),
        any::<[u8; 3]>(),
    )
        .prop_map(|(expressions, columns, gap, background)| Subject::Sheet {
            expressions,
            columns,
            gap,
            background,
        });
    let flags = any::<[bool; 3]>();
    let easing = proptest::sample::select(Easing::ALL.to_vec());
    let method = proptest::sample::select(Method::ALL.to_vec());
    let clock = (any::<usize>(), any::<u64>());
    let animation = (vec(text(), 0..5), method, easing, flags, clock).prop_map(
        |(keyframes, method, easing, [even, closed, once], (frames, duration_us))| {
            Subject::Animation(Animation {
                keyframes,
                method,
                easing,
                even,
                closed,
                frames,
                duration_us,
                once,
            })
        },
    );
    let grid = (text(), proptest::option::of(finite()), any::<usize>()).prop_map(
        |(seeds, truncation, columns)| Subject::Grid {
            seeds,
            truncation,
            columns,
        },
    );
    prop_oneof![text().prop_map(Subject::Expression), sheet, animation, grid]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..Default::default() })]

    #[test]
    fn a_recipe_comes_back_from_json_and_from_a_picture(
        subject in subject(),
        scale in 1..20_u32,
        smooth: bool,
        codes in btree_map(text(), code(), 0..3),
        directions in vec(direction(), 0..3),
        noise in prop_oneof![
            Just(NoiseMode::Const),
            Just(NoiseMode::None),
            any::<u32>().prop_map(|seed| NoiseMode::Random { seed }),
        ],
    ) {
        let model = ModelId { name: "digits-gan".to_owned(), hash: "ab".repeat(32) };
        let recipe = Recipe {
            scale,
            smooth,
            codes,
            directions,
            sampler: Sampler::with_noise(noise),
            ..Recipe::new(model, subject, [28, 28])
        };
        prop_assert_eq!(&Recipe::from_json(&recipe.to_json()).expect("it was just written"), &recipe);
        prop_assert_eq!(&Recipe::from_json(&recipe.to_ascii_json()).expect("the same"), &recipe);
        let picture = Raster::new(Pixels::Grey, 1, 1, vec![0]).expect("one pixel");
        let bytes = png::encode(&picture, &recipe).expect("the picture is sound");
        prop_assert_eq!(&embedded::recipe_in(&bytes).expect("it was just written"), &recipe);
    }
}
