//! What a frame costs: a window at rest asks for no other frame, and one that is painted again
//! allocates little. Both are counted for each tool, so that a panel that computes in every frame
//! what it could keep is found here.

use crate::support::Window;
use eframe::App as _;
use eframe::egui::{FullOutput, ViewportId};
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::time::{Duration, Instant};
use zscape::app::export::{Kind, Settings};
use zscape::app::tools::directions::Directions;
use zscape::app::{Action, Command, LearningAction, Tool};

/// The system's allocator, counting what each thread asks it for.
struct Counting;

thread_local! {
    static COUNT: Cell<Allocations> = const { Cell::new(Allocations { calls: 0, bytes: 0 }) };
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Allocations {
    calls: u64,
    bytes: u64,
}

fn count(bytes: usize) {
    // A thread that ends has no counter any more.
    let _ = COUNT.try_with(|count| {
        let Allocations { calls, bytes: sum } = count.get();
        count.set(Allocations {
            calls: calls + 1,
            bytes: sum + bytes as u64,
        });
    });
}

#[expect(
    unsafe_code,
    reason = "an allocator has to be; it only counts and passes on"
)]
// SAFETY: every call goes to the system's allocator with its arguments unchanged.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout.size());
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        count(size);
        unsafe { System.realloc(pointer, layout, size) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// A place of the window, and what one frame of it may allocate at rest: how often, and how many
/// bytes. egui itself lays out and paints all widgets anew; the bounds are 1.4 times
/// what was measured.
struct Place {
    name: &'static str,
    model: &'static str,
    open: fn(&mut Window),
    most: Allocations,
}

const fn place(
    name: &'static str,
    model: &'static str,
    open: fn(&mut Window),
    calls: u64,
    kibibytes: u64,
) -> Place {
    let bytes = kibibytes * 1024;
    Place {
        name,
        model,
        open,
        most: Allocations { calls, bytes },
    }
}

/// 16 dimensions, 2,000 encoded test pictures.
const FASHION: &str = "fashion-vae";
/// 192 dimensions of w, dozens of directions, a code for each layer.
const FACES: &str = "faces-stylegan";

/// A grid of codes of 512 entries.
const CODES: &str = "faces-vq";

const PLACES: [Place; 18] = [
    place("Explore", FASHION, |it| it.tool(Tool::Explore), 1_750, 330),
    place(
        "Interpolate",
        FASHION,
        |it| {
            it.tool(Tool::Interpolate);
            it.set_path(&[3, 9]);
        },
        1_850,
        340,
    ),
    place(
        "Arithmetic",
        FASHION,
        |it| it.tool(Tool::Arithmetic),
        1_500,
        260,
    ),
    place(
        "Style mixing",
        FACES,
        |it| it.tool(Tool::Styles),
        2_000,
        330,
    ),
    place("Map", FASHION, |it| it.tool(Tool::Map), 1_750, 1_190),
    place("Encode", FASHION, |it| it.tool(Tool::Encode), 1_200, 200),
    place(
        "Variations",
        FASHION,
        |it| it.tool(Tool::Variations),
        1_450,
        230,
    ),
    place(
        "Directions",
        FASHION,
        |it| it.tool(Tool::Directions),
        1_250,
        220,
    ),
    place("Compare", FASHION, |it| it.tool(Tool::Compare), 1_600, 300),
    place("Where am I", FASHION, |it| it.tool(Tool::Where), 1_400, 230),
    place("Paint", CODES, |it| it.tool(Tool::Paint), 2_000, 400),
    place("Explore, all dimensions", FACES, all_dimensions, 2_400, 480),
    place("Map, components", FASHION, components, 1_750, 1_200),
    place(
        "Directions of a style-based GAN",
        FACES,
        directions,
        2_650,
        500,
    ),
    place(
        "Export of 10,000 pictures",
        FASHION,
        large_export,
        2_000,
        450,
    ),
    place("Questions that fit", FASHION, questions, 2_000, 380),
    place("Question with its answer", FASHION, answer, 2_200, 430),
    place("Bookmarks", FASHION, bookmarks, 2_100, 400),
];

fn all_dimensions(window: &mut Window) {
    window.tool(Tool::Explore);
    window.ask(Action::ShowAllDims(true));
}

fn components(window: &mut Window) {
    window.tool(Tool::Map);
    window.click("Components");
}

fn directions(window: &mut Window) {
    window.tool(Tool::Directions);
    let name = window.app().tool::<Directions>().listed()[0]
        .direction
        .name
        .clone();
    window.ask(Action::ask_tool(|it: &mut Directions, _| it.look_at(name)));
}

fn large_export(window: &mut Window) {
    window.tool(Tool::Explore);
    window.ask(Action::SetExport(Settings {
        kind: Kind::Grid,
        seeds: 10_000,
        scale: 1,
        ..Settings::default()
    }));
    window.ask(Action::Run(Command::Export));
}

fn questions(window: &mut Window) {
    window.tool(Tool::Explore);
    window.ask(Action::Run(Command::ToggleLearning));
    window.harness.run_steps(2);
    window.wait("the questions", |app| app.learning().bank().is_some());
}

fn answer(window: &mut Window) {
    questions(window);
    window.ask(Action::Learn(LearningAction::Read("kl-term".to_owned())));
    window.ask(Action::Learn(LearningAction::Reveal(String::new())));
}

fn bookmarks(window: &mut Window) {
    window.tool(Tool::Explore);
    for name in ["a", "b", "c", "d", "e"] {
        window.bookmark(name, "tag");
    }
    window.ask(Action::Run(Command::ToggleBookmarks));
}

impl Window {
    fn tool(&mut self, tool: Tool) {
        self.open_tool(tool.command().info().name);
    }

    /// A frame as eframe runs it, without a screen reader.
    fn frame(&mut self) -> (Allocations, FullOutput) {
        let (ctx, input) = (self.harness.ctx.clone(), self.harness.input().clone());
        let mut frame = eframe::Frame::_new_kittest();
        let app = self.harness.state_mut();
        let before = COUNT.get();
        let output = ctx.run_ui(input, |ui| {
            app.logic(ui, &mut frame);
            app.ui(ui, &mut frame);
        });
        let after = COUNT.get();
        let cost = Allocations {
            calls: after.calls - before.calls,
            bytes: after.bytes - before.bytes,
        };
        (cost, output)
    }

    /// The cost of a frame at rest: one that asks for no other, now or later, and costs what the
    /// one before did. What other threads do comes to its end first.
    #[track_caller]
    fn cost_at_rest(&mut self) -> Allocations {
        self.settle();
        self.harness.ctx.disable_accesskit();
        let deadline = Instant::now() + Duration::from_secs(60);
        let mut rested = 0;
        let mut before = None;
        while Instant::now() < deadline {
            let (cost, output) = self.frame();
            let asks = output.viewport_output[&ViewportId::ROOT].repaint_delay != Duration::MAX;
            let is_same = before.replace(cost) == Some(cost);
            rested = if asks || !is_same { 0 } else { rested + 1 };
            if rested == 10 {
                self.harness.ctx.enable_accesskit();
                return cost;
            }
            // The engine and the readers of files need their share of the machine.
            std::thread::sleep(Duration::from_millis(5));
        }
        panic!(
            "it does not come to rest: {before:?}, {:?}",
            self.harness.ctx.repaint_causes()
        );
    }
}

#[test]
fn a_frame_at_rest_is_cheap_and_the_last_one() {
    let mut too_many = Vec::new();
    for place in PLACES {
        let mut window = Window::open_named(place.model);
        (place.open)(&mut window);
        let cost = window.cost_at_rest();
        let name = place.name;
        println!(
            "{name}: {} allocations, {} KiB",
            cost.calls,
            cost.bytes / 1024
        );
        if cost.calls > place.most.calls || cost.bytes > place.most.bytes {
            too_many.push((name, cost));
        }
    }
    assert_eq!(too_many, [], "more than the budget allows");
}
