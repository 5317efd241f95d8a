//! Textures back to the CPU, for tests and for pictures that leave the program.

/// Rows of a copy must be multiples of this many bytes.
const ROW_ALIGNMENT: u32 = wgpu::COPY_BYTES_PER_ROW_ALIGNMENT;

/// The bytes of an `Rgba8Unorm` texture, row after row, waited for.
///
/// # Errors
/// A sentence when the device was lost.
pub fn rgba(
    device: &wgpu::Device,
    queue: &wgpu::Queue,
    texture: &wgpu::Texture,
) -> Result<Vec<u8>, String> {
    let size = texture.size();
    let row = size.width * 4;
    let padded_row = row.next_multiple_of(ROW_ALIGNMENT);
    let buffer = device.create_buffer(&wgpu::BufferDescriptor {
        label: Some("readback"),
        size: u64::from(padded_row) * u64::from(size.height),
        usage: wgpu::BufferUsages::COPY_DST | wgpu::BufferUsages::MAP_READ,
        mapped_at_creation: false,
    });
    let mut encoder = device.create_command_encoder(&Default::default());
    encoder.copy_texture_to_buffer(
        texture.as_image_copy(),
        wgpu::TexelCopyBufferInfo {
            buffer: &buffer,
            layout: wgpu::TexelCopyBufferLayout {
                offset: 0,
                bytes_per_row: Some(padded_row),
                rows_per_image: None,
            },
        },
        size,
    );
    queue.submit([encoder.finish()]);
    let (sender, receiver) = std::sync::mpsc::sync_channel(1);
    buffer
        .slice(..)
        .map_async(wgpu::MapMode::Read, move |result| {
            // The receiver waits below; if it is gone, nobody needs the result.
            sender.send(result).ok();
        });
    device
        .poll(wgpu::PollType::wait_indefinitely())
        .map_err(|error| error.to_string())?;
    receiver
        .recv()
        .map_err(|error| error.to_string())?
        .map_err(|error| error.to_string())?;
    let mapped = buffer
        .slice(..)
        .get_mapped_range()
        .map_err(|error| error.to_string())?;
    let rows = mapped.chunks_exact(padded_row as usize);
    Ok(rows
        .flat_map(|padded| &padded[..row as usize])
        .copied()
        .collect())
}
