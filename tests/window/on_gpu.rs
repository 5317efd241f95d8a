//! The window with the engine on the window's own wgpu device, as on a machine with a GPU: here a
//! software Vulkan driver. Pixels go from tensor to texture without the CPU.

use crate::support::{Pixels, Window, options};
use eframe::egui_wgpu::{WgpuSetup, WgpuSetupCreateNew, wgpu};
use std::sync::Arc;
use zscape::app::{Action, AppState, Command, Edit};
use zscape::engine::{DeviceChoice, ModelSource, Picture};
use zscape::latent::expr::parse;
use zscape::ui::WindowOptions;

/// The device as the program asks for it, on the software adapter.
fn setup() -> WgpuSetup {
    let mut setup = WgpuSetupCreateNew::without_display_handle();
    setup.instance_descriptor.backends = wgpu::Backends::PRIMARY;
    setup.device_descriptor = Arc::new(zscape::gpu::device_descriptor);
    setup.native_adapter_selector = Some(Arc::new(|adapters, _| {
        let mut software = adapters
            .iter()
            .filter(|adapter| zscape::gpu::is_software(adapter));
        software
            .next()
            .cloned()
            .ok_or_else(|| "there is no software adapter".to_owned())
    }));
    WgpuSetup::CreateNew(setup)
}

fn open(model: &str, device: DeviceChoice) -> Window {
    let options = WindowOptions {
        model: Some(ModelSource::Catalogue(model.to_owned())),
        device,
        ..options()
    };
    Window::open_on(options, setup())
}

fn is_texture(app: &AppState) -> bool {
    let frame = app.preview().frame();
    frame.is_some_and(|frame| matches!(frame.picture, Picture::Texture { .. }))
}

/// The share of pixels that differ by more than a level or two.
fn difference(a: &Pixels, b: &Pixels) -> f64 {
    assert_eq!(a.0.len(), b.0.len());
    let differs = |(a, b): (&[u8; 4], &[u8; 4])| a.iter().zip(b).any(|(a, b)| a.abs_diff(*b) > 2);
    let count = a.0.iter().zip(&b.0).filter(|pair| differs(*pair)).count();
    count as f64 / a.0.len().max(1) as f64
}

fn go(window: &mut Window, expression: &str) {
    let expression = parse(expression).expect("it is an expression");
    let edit = Action::Edit(Edit::Expression(expression));
    window.harness.state_mut().ask(edit);
    window.settle();
}

#[test]
fn pictures_on_the_shared_device_are_those_of_the_cpu() {
    for (model, expressions) in [
        ("digits-gan", ["seed(42)", "slerp(seed(3), seed(9), 0.4)"]),
        (
            "faces-stylegan",
            ["seed(42)", "truncate(seed(7), 0.7) + 1.5*dir(\"glasses\")"],
        ),
    ] {
        let mut on_gpu = open(model, DeviceChoice::Gpu);
        let mut on_cpu = open(model, DeviceChoice::Cpu);
        for expression in expressions {
            go(&mut on_gpu, expression);
            go(&mut on_cpu, expression);
            assert!(
                is_texture(on_gpu.app()),
                "{model}: the pixels stay on the device"
            );
            assert!(!is_texture(on_cpu.app()), "{model}");
            let share = difference(&on_gpu.picture(), &on_cpu.picture());
            assert!(
                share < 0.002,
                "{model}, {expression}: {share} of the pixels differ"
            );
        }
    }
}

#[test]
fn the_window_is_used_as_ever() {
    let mut window = open("digits-gan", DeviceChoice::Gpu);
    let before = window.picture();
    window.click("Next seed");
    assert!(window.picture() != before, "the texture is exchanged");
    window.harness.state_mut().ask(Action::Run(Command::Undo));
    window.settle();
    assert!(
        window.picture() == before,
        "undo leads back to the same pixels"
    );
    let other = ModelSource::Catalogue("digits-vae2".to_owned());
    window.harness.state_mut().ask(Action::LoadModel(other));
    window.wait("the other model", |app| {
        app.model()
            .is_some_and(|model| model.id.name == "digits-vae2")
    });
    window.settle();
    assert!(is_texture(window.app()));
    assert!(window.picture() != before, "it shows the other model");
    window.open_tool("Interpolate");
    window.set_path(&[3, 9]);
    assert_eq!(window.app().preview().failure(), None);
    assert_eq!(window.app().pictures().failures().count(), 0);
}
