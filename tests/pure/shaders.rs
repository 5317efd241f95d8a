//! Every shader is read and validated without a device.

use naga::front::wgsl;
use naga::valid::{Capabilities, ValidationFlags, Validator};
use std::fs;
use std::path::Path;

#[test]
fn every_shader_is_sound() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("shaders");
    let mut count = 0;
    for entry in fs::read_dir(&folder).expect("shaders is a folder") {
        let path = entry.expect("shaders can be listed").path();
        let name = path.display();
        assert!(
            path.extension()
                .is_some_and(|extension| extension == "wgsl"),
            "{name} is no shader"
        );
        let text = fs::read_to_string(&path).expect("a shader is text");
        let module = wgsl::parse_str(&text)
            .unwrap_or_else(|fault| panic!("{name}: {}", fault.emit_to_string(&text)));
        // No optional capability: the shaders run wherever wgpu does.
        Validator::new(ValidationFlags::all(), Capabilities::empty())
            .validate(&module)
            .unwrap_or_else(|fault| panic!("{name}: {}", fault.emit_to_string(&text)));
        assert!(!module.entry_points.is_empty(), "{name} has no entry point");
        count += 1;
    }
    assert!(count > 0, "there is no shader to look at");
}
