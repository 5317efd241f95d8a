//! `A - B + C` with groups: adding what distinguishes two groups of pictures to a third.
//!
//! The wells and the equation bar are two views of one expression (Radford et al. 2015, "king -
//! man + woman" for pictures): each well is the mean of what lies in it.

pub(crate) mod panel;

use super::part::why_no_real_codes;
use super::{ToolContext, ToolInfo, ToolNumber, ToolPart, ToolView};
use crate::app::pictures::{PictureRequest, SetKey};
use crate::app::{Edit, Param, Tool, ToolParam};
use crate::engine::ModelInfo;
use crate::latent::expr::{Expr, Walk};
use crate::learn::{Formula, Preset, Scene, ToolName};
use eframe::egui::Key;
use lucide_icons::Icon;
use serde::{Deserialize, Serialize};
use std::ops::RangeInclusive;
use std::sync::Arc;

/// How strongly a difference is added.
pub const STRENGTH: RangeInclusive<f32> = -3.0..=3.0;
/// The pictures in the wells: those of plus, of minus, of base, one after the other.
pub const MEMBERS: SetKey = SetKey("arithmetic members");
/// The means of the wells that hold something, then the difference before the base is added.
pub const TERMS: SetKey = SetKey("arithmetic terms");

/// More would only be a slower mean.
pub const MAX_MEMBERS: usize = 32;

/// Factor of the difference.
pub const FACTOR: ToolParam = ToolParam::new(Tool::Arithmetic, "strength");

/// One of the places that pictures are dropped into.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub enum Slot {
    /// A: what is added.
    Plus,
    /// B: what is subtracted.
    Minus,
    /// C: what it is added to.
    Base,
}

impl Slot {
    pub const ALL: [Self; 3] = [Self::Plus, Self::Minus, Self::Base];

    pub fn letter(self) -> &'static str {
        match self {
            Self::Plus => "A",
            Self::Minus => "B",
            Self::Base => "C",
        }
    }
}

/// What lies in the wells.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    pub plus: Vec<Expr>,
    pub minus: Vec<Expr>,
    pub base: Vec<Expr>,
    /// Factor of the difference between A and B.
    pub strength: f32,
    /// What the difference is freed of: a direction or a code.
    pub without: Option<Expr>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            plus: Vec::new(),
            minus: Vec::new(),
            base: Vec::new(),
            strength: 1.0,
            without: None,
        }
    }
}

impl Settings {
    pub fn members(&self, well: Slot) -> &[Expr] {
        match well {
            Slot::Plus => &self.plus,
            Slot::Minus => &self.minus,
            Slot::Base => &self.base,
        }
    }

    pub fn members_mut(&mut self, well: Slot) -> &mut Vec<Expr> {
        match well {
            Slot::Plus => &mut self.plus,
            Slot::Minus => &mut self.minus,
            Slot::Base => &mut self.base,
        }
    }

    pub fn put(&mut self, well: Slot, expression: Expr) {
        let members = self.members_mut(well);
        if members.len() < MAX_MEMBERS {
            members.push(expression);
        }
    }

    pub fn take(&mut self, well: Slot, index: usize) {
        let members = self.members_mut(well);
        if index < members.len() {
            members.remove(index);
        }
    }

    /// The difference of A and B, freed of what it is to be freed of, without strength.
    pub fn difference(&self) -> Option<Expr> {
        let difference = match (group(&self.plus), group(&self.minus)) {
            (Some(plus), Some(minus)) => Expr::Sub(plus.into(), minus.into()),
            (Some(plus), None) => plus,
            (None, Some(minus)) => Expr::Neg(minus.into()),
            (None, None) => return None,
        };
        Some(match &self.without {
            Some(without) => Expr::ProjectOut(difference.into(), without.clone().into()),
            None => difference,
        })
    }

    /// The expression of the wells; `None` while all are empty.
    pub fn to_expr(&self) -> Option<Expr> {
        let difference = self.difference().map(|difference| {
            if self.strength == 1.0 {
                difference
            } else {
                Expr::Scale(self.strength, difference.into())
            }
        });
        match (difference, group(&self.base)) {
            (Some(difference), Some(base)) => Some(Expr::Add(difference.into(), base.into())),
            (difference, base) => difference.or(base),
        }
    }

    /// Reads `A - B + C`, `s*(A - B) + C` and `project_out(A - B, D) + C`; `None` for anything else. A single code is no
    /// arithmetic, and neither are steps along directions: those belong to the sliders.
    pub fn from_expr(expr: &Expr) -> Option<Self> {
        if !Walk::from_expr(expr).offsets.is_empty() {
            return None;
        }
        let (difference, base) = match expr {
            Expr::Add(difference, base) => (difference.as_ref(), members(base)),
            Expr::Sub(..) | Expr::Scale(..) | Expr::ProjectOut(..) => (expr, Vec::new()),
            _ => return None,
        };
        let (strength, difference) = match difference {
            Expr::Scale(strength, inner) => (*strength, inner.as_ref()),
            other => (1.0, other),
        };
        let (without, difference) = match difference {
            Expr::ProjectOut(inner, without) => (Some(without.as_ref().clone()), inner.as_ref()),
            other => (None, other),
        };
        let (plus, minus) = match difference {
            Expr::Sub(plus, minus) => (members(plus), members(minus)),
            Expr::Neg(minus) => (Vec::new(), members(minus)),
            plus => (members(plus), Vec::new()),
        };
        let fits = [&plus, &minus, &base]
            .iter()
            .all(|members| members.len() <= MAX_MEMBERS);
        fits.then_some(Self {
            plus,
            minus,
            base,
            strength,
            without,
        })
    }
}

/// One code for all that lie in a well.
fn group(members: &[Expr]) -> Option<Expr> {
    match members {
        [] => None,
        [one] => Some(one.clone()),
        many => Some(Expr::Mean(many.to_vec())),
    }
}

fn members(expr: &Expr) -> Vec<Expr> {
    match expr {
        Expr::Mean(all) => all.clone(),
        one => vec![one.clone()],
    }
}

fn expressions(formulas: &[Formula]) -> Vec<Expr> {
    formulas.iter().map(|it| it.expr.clone()).collect()
}

#[derive(Default, Debug)]
pub struct Arithmetic;

impl ToolPart for Arithmetic {
    const INFO: ToolInfo = ToolInfo {
        word: "Arithmetic",
        name: "Arithmetic",
        tooltip: "Add what distinguishes two groups of pictures to a third: A - B + C",
        icon: Icon::Calculator,
        key: Some(Key::Num3),
        question_name: Some(ToolName::Arithmetic),
        explained_by: "latent-arithmetic",
    };
    const NUMBERS: &'static [ToolNumber<Self>] = &[ToolNumber {
        name: FACTOR.name,
        numbers: None,
        row: |view, id| {
            Some(Param::new(
                id.into(),
                [
                    "A - B",
                    "Strength",
                    "Factor of the difference that is added to C",
                ],
                STRENGTH,
                1.0,
                view.settings.strength,
            ))
        },
        set: |_, cx, _, strength| cx.edit(|settings| settings.strength = strength),
    }];

    fn why_not(model: &ModelInfo) -> Option<&'static str> {
        why_no_real_codes(model)
    }

    fn requests(view: ToolView<'_, Self>, model: &ModelInfo) -> Vec<PictureRequest> {
        let settings = view.settings;
        let all = Slot::ALL
            .into_iter()
            .flat_map(|well| settings.members(well).iter().cloned());
        let terms = Slot::ALL
            .into_iter()
            .filter_map(|well| group(settings.members(well)))
            .chain(settings.difference());
        vec![
            PictureRequest::new(MEMBERS, model, all),
            PictureRequest::new(TERMS, model, terms),
        ]
    }

    /// Takes up what stands in the equation bar.
    fn tick(&mut self, cx: &mut ToolContext<'_, Self>, _: &Arc<ModelInfo>) {
        let base = cx.workspace.position.base();
        if cx.settings().to_expr().as_ref() == Some(base) {
            return;
        }
        if let Some(read) = Settings::from_expr(base) {
            cx.follow(|settings| *settings = read);
        }
    }

    fn made(settings: &Settings) -> Option<Edit> {
        settings.to_expr().map(Edit::Base)
    }

    /// Complete wells say what the equation bar says and follow it: the change is seen there.
    fn is_seen_in_panel(before: &Settings, after: &Settings) -> bool {
        before.to_expr().is_none() && after.to_expr().is_none()
    }

    fn preset(settings: &mut Settings, scene: &Scene) {
        if let Some(Preset::Arithmetic {
            plus,
            minus,
            base,
            strength,
        }) = &scene.preset
        {
            *settings = Settings {
                plus: expressions(plus),
                minus: expressions(minus),
                base: expressions(base),
                strength: strength.map_or(1.0, |strength| strength as f32),
                without: None,
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::latent::expr::parse;

    fn wells(text: &str) -> Option<Settings> {
        Settings::from_expr(&parse(text).expect("an expression"))
    }

    #[test]
    fn text_and_wells_are_two_views_of_one_thing() {
        for text in [
            "seed(1) - seed(2) + seed(3)",
            "mean(@a, @b) - mean(@c, @d) + @me",
            "1.5*(seed(1) - seed(2)) + seed(3)",
            "seed(1) - seed(2)",
            "-seed(2) + seed(3)",
            "0.5*seed(1) + seed(3)",
            "project_out(seed(1) - seed(2), dir(\"smile\")) + seed(3)",
            "2*project_out(seed(1), seed(9)) + mean(@a, @b)",
            "project_out(seed(1), seed(9))",
        ] {
            let wells = wells(text).unwrap_or_else(|| panic!("{text} has the form"));
            let back = wells.to_expr().expect("it is not empty");
            assert_eq!(back.to_string(), text);
        }
    }

    #[test]
    fn what_is_not_arithmetic_stays_out_of_the_wells() {
        for text in [
            "seed(1)",
            "seed(1) + 1.5*dir(\"z3\")",
            "slerp(seed(1), seed(2), 0.5)",
            "mean(seed(1), seed(2))",
            "truncate(seed(1) - seed(2) + seed(3), 0.5)",
        ] {
            assert_eq!(wells(text), None, "{text}");
        }
    }

    #[test]
    fn wells_fill_up_to_their_limit_and_empty_again() {
        let mut settings = Settings::default();
        assert_eq!(settings.to_expr(), None);
        for seed in 0..100 {
            settings.put(Slot::Plus, Expr::Seed(seed));
        }
        assert_eq!(settings.plus.len(), MAX_MEMBERS);
        settings.take(Slot::Plus, 0);
        settings.take(Slot::Plus, 999);
        assert_eq!(settings.plus.first(), Some(&Expr::Seed(1)));
        settings.members_mut(Slot::Plus).clear();
        assert_eq!(settings, Settings::default());
    }
}
