// Writes one decoded picture, f32 [channels, height, width] in 0..1, into an RGBA texture.
// The CPU twin is `gpu::display::rgba_from_planes`; both must round alike.

struct Picture {
    width: u32,
    height: u32,
    // 1 for grey, 3 for RGB.
    channels: u32,
    padding: u32,
}

@group(0) @binding(0) var<storage, read> planes: array<f32>;
@group(0) @binding(1) var<uniform> picture: Picture;
@group(0) @binding(2) var target_texture: texture_storage_2d<rgba8unorm, write>;

fn level(plane: u32, pixel: u32) -> f32 {
    let value = clamp(planes[plane * picture.width * picture.height + pixel], 0.0, 1.0);
    // Rounded here, so that the result does not depend on how a driver stores unorm values.
    return floor(value * 255.0 + 0.5) / 255.0;
}

@compute @workgroup_size(8, 8)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
    if id.x >= picture.width || id.y >= picture.height {
        return;
    }
    let pixel = id.y * picture.width + id.x;
    let red = level(0u, pixel);
    var color = vec4<f32>(red, red, red, 1.0);
    if picture.channels == 3u {
        color = vec4<f32>(red, level(1u, pixel), level(2u, pixel), 1.0);
    }
    textureStore(target_texture, vec2<u32>(id.x, id.y), color);
}
