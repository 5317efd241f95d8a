//! What a newcomer sees without touching anything.

use crate::support::Window;
use eframe::egui::accesskit::Role;
use egui_kittest::kittest::Queryable as _;
use std::collections::BTreeSet;
use zscape::app::ThumbnailKey;

#[test]
fn a_picture_stands_there_and_a_slider_works() {
    let mut window = Window::open();
    assert_eq!(window.expression(), "seed(42)");
    assert_eq!(window.equation(), "seed(42)");
    let before = window.picture();
    let shades: BTreeSet<_> = before.0.iter().collect();
    assert!(
        shades.len() > 8,
        "a picture has more than {} shades",
        shades.len()
    );

    window.find(Role::Slider, "z0").increment_accesskit();
    window.settle();
    assert!(
        window.expression().starts_with('['),
        "{}",
        window.expression()
    );
    assert_eq!(window.equation(), window.expression());
    assert_ne!(window.picture(), before);
}

#[test]
fn one_thumbnail_is_there_and_the_status_is_told() {
    let mut window = Window::open();
    window.wait_for_stills();
    let row = window.app().session().filmstrip().row();
    assert_eq!(row.len(), 1);
    let key = ThumbnailKey::Step(row[0]);
    assert!(window.app().session().thumbnails().get(&key).is_some());
    window.harness.get_by_label("History 1: seed(42), current");
    window.harness.get_by_label_contains("decode ");
    window.harness.get_by_label_contains("28×28 shown at");
}

#[test]
fn it_fits_on_a_small_screen_and_on_a_large_one() {
    let mut window = Window::open();
    for size in [[1024.0, 640.0], [3840.0, 2160.0]] {
        window.harness.set_size(size.into());
        window.settle();
        let picture = window.find(Role::Image, "Picture").rect();
        assert!(
            picture.width() > 0.4 * size[0] && picture.height() > 0.4 * size[1],
            "{picture:?}"
        );
        let field = window.find(Role::TextInput, "Expression").rect();
        assert!(
            field.right() <= size[0] && field.bottom() <= size[1],
            "{field:?}"
        );
    }
}
