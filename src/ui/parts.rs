//! The parts of the window as the keyboard sees them: F6 goes from one to the next, and what Tab
//! reaches is scrolled into sight.

use super::theme::space;
use eframe::egui::{Context, Id, LayerId, Rect, Ui, WidgetRect, vec2};

/// The parts of the window in the order in which F6 visits them.
#[derive(Default, Debug)]
pub struct Parts(Vec<(LayerId, Rect)>);

impl Parts {
    /// Begins a frame.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// Adds a part that is painted on this layer.
    pub fn add(&mut self, layer: LayerId, rect: Rect) {
        self.0.push((layer, rect));
    }

    /// Adds a part that comes before all others.
    pub fn add_first(&mut self, layer: LayerId, rect: Rect) {
        self.0.insert(0, (layer, rect));
    }

    /// Gives the keyboard to the first control of the next part, or of the one before. Parts without
    /// a control are passed over.
    pub fn focus_next(&self, ctx: &Context, forward: bool) {
        let firsts: Vec<(Id, usize)> = (0..self.0.len())
            .filter_map(|part| Some((self.first_control(ctx, part)?, part)))
            .collect();
        let present = ctx
            .memory(|memory| memory.focused())
            .and_then(|id| self.part_of(ctx, id));
        let next = match (present, forward) {
            (None, true) => firsts.first(),
            (None, false) => firsts.last(),
            (Some(present), true) => {
                let mut after = firsts.iter().filter(|(_, part)| *part > present);
                after.next().or(firsts.first())
            }
            (Some(present), false) => {
                let before = firsts.iter().rev().find(|(_, part)| *part < present);
                before.or(firsts.last())
            }
        };
        if let Some((id, _)) = next {
            ctx.memory_mut(|memory| memory.request_focus(*id));
        }
    }

    fn part_of(&self, ctx: &Context, id: Id) -> Option<usize> {
        let widget = widget(ctx, id)?;
        let is_in = |(layer, rect): &(LayerId, Rect)| {
            *layer == widget.layer_id && rect.contains(widget.rect.center())
        };
        self.0.iter().position(is_in)
    }

    fn first_control(&self, ctx: &Context, part: usize) -> Option<Id> {
        let (layer, rect) = *self.0.get(part)?;
        ctx.viewport(|viewport| {
            let mut widgets = viewport.this_pass.widgets.get_layer(layer);
            let first = widgets.find(|widget| {
                widget.enabled
                    && widget.sense.is_focusable()
                    && widget.interact_rect.is_positive()
                    && rect.contains(widget.rect.center())
            });
            first.map(|widget| widget.id)
        })
    }
}

fn widget(ctx: &Context, id: Id) -> Option<WidgetRect> {
    ctx.viewport(|viewport| viewport.this_pass.widgets.get(id).copied())
}

/// How many panels may lie in each other.
const MAX_DEPTH: usize = 32;

/// Scrolls the control into sight that the keyboard has reached in this scroll area. Called at the
/// end of what the area holds.
pub fn follow_focus(ui: &Ui) {
    let (ctx, area) = (ui.ctx(), ui.unique_id());
    let focused = ctx.memory(|memory| memory.focused());
    let known = area.with("focus that was seen");
    let before = ctx
        .data(|data| data.get_temp::<Option<Id>>(known))
        .flatten();
    if focused == before {
        return;
    }
    ctx.data_mut(|data| data.insert_temp(known, focused));
    // What the pointer presses is in sight.
    let is_pressed = ctx.input(|input| input.pointer.any_down() || input.pointer.any_released());
    let Some(widget) = focused
        .filter(|_| !is_pressed)
        .and_then(|id| widget(ctx, id))
    else {
        return;
    };
    let mut parent = widget.parent_id;
    for _ in 0..MAX_DEPTH {
        if parent == area {
            if !ui.clip_rect().contains_rect(widget.rect) {
                ui.scroll_to_rect(widget.rect.expand2(vec2(0.0, space::S)), None);
            }
            return;
        }
        match self::widget(ctx, parent) {
            Some(above) if above.parent_id != parent => parent = above.parent_id,
            _ => return,
        }
    }
}
