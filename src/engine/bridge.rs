//! The one place where a tensor becomes a wgpu buffer.

use crate::gpu::display::DisplayPass;
use crate::model::ModelError;
use crate::model::manifest::ImageSpec;
use burn::backend::wgpu::into_contiguous;
use burn::cubecl::wgpu::{AutoCompiler, WgpuServer};
use burn::tensor::Tensor;

/// Fills a texture with the first picture of `[batch, channels * height * width]`, on the GPU.
///
/// # Errors
/// When the tensor is not on the device of the pass, or the device was lost.
pub fn texture(
    pictures: Tensor<2>,
    image: ImageSpec,
    pass: &DisplayPass,
) -> Result<wgpu::Texture, ModelError> {
    let fault = |what: String| ModelError(format!("the picture cannot be shown: {what}"));
    let cube = pictures
        .try_into_primitive::<burn::backend::Wgpu>()
        .map_err(|error| fault(format!("{error:?}")))?;
    // A convolution's result may lie in memory channel by pixel; the pass reads plane by plane.
    let cube = into_contiguous(cube);
    // What computes the picture must be on the queue before the pass.
    cube.client
        .flush()
        .map_err(|error| fault(format!("{error:?}")))?;
    let resource = cube
        .client
        .get_resource::<WgpuServer<AutoCompiler>>(cube.handle.clone())
        .map_err(|error| fault(format!("{error:?}")))?;
    // Memory is sub-allocated: the binding has the tensor's own offset and size. The resource
    // holds it until the pass is on the queue.
    Ok(pass.run(resource.resource().as_wgpu_bind_resource(), image))
}
