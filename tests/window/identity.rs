//! Controls keep their identity while nothing is done to them.
//!
//! egui knows a control from frame to frame by a number that mostly counts what was added before it. When
//! something comes or goes above it between press and release, the control has another number, and the
//! click is lost. Every wait of every test looks for that.

use eframe::egui::accesskit::Role;
use egui_kittest::Node;
use egui_kittest::kittest::NodeT as _;
use std::collections::BTreeMap;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash as _, Hasher as _};

/// The controls of a frame that have a name of their own: where each is, and its identity.
///
/// By role and name; `None` where several have the same.
#[derive(Default)]
pub struct Controls(BTreeMap<(String, String), Option<Control>>);

/// Where a control is, in points, and a hash of its identity.
type Control = ([i32; 4], u64);

/// What is pressed and released, or dragged.
fn is_control(role: Role) -> bool {
    matches!(
        role,
        Role::Button | Role::CheckBox | Role::RadioButton | Role::Tab | Role::Slider | Role::Canvas
    )
}

impl Controls {
    /// Those below a node.
    pub fn of(root: &Node<'_>) -> Self {
        let mut found = BTreeMap::new();
        for node in root.children_recursive() {
            let control = node.accesskit_node();
            let Some(label) = control.label().filter(|_| is_control(control.role())) else {
                continue;
            };
            let mut hasher = DefaultHasher::new();
            control.id().hash(&mut hasher);
            let rect = node.rect();
            let place =
                [rect.min.x, rect.min.y, rect.max.x, rect.max.y].map(|at| at.round() as i32);
            // Two of one name cannot be told apart.
            found
                .entry((format!("{:?}", control.role()), label))
                .and_modify(|seen| *seen = None)
                .or_insert(Some((place, hasher.finish())));
        }
        Self(found)
    }

    /// The control that stayed where it was and is another one nevertheless.
    pub fn changed(&self, after: &Self) -> Option<String> {
        let both = self.0.iter().filter_map(|(name, before)| {
            let (before, after) = (before.as_ref()?, after.0.get(name)?.as_ref()?);
            (before.0 == after.0 && before.1 != after.1).then_some(name)
        });
        both.map(|(role, label)| format!("{role} {label:?}")).next()
    }
}
