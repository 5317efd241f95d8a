//! What the CPU at hand has: vector instructions and cores.

use super::helpers::Helpers;
use pulp::{Arch, WithSimd};

/// Runs `work` compiled for the widest vector instructions of this CPU.
///
/// pulp's own choice leaves out AVX2 with the features that it has here, and most CPUs have that
/// and no more.
#[inline]
pub fn dispatch<W: WithSimd>(work: W) -> W::Output {
    match Arch::new() {
        #[cfg(target_arch = "x86_64")]
        Arch::Scalar => match pulp::x86::V3::try_new() {
            Some(simd) => pulp::Simd::vectorize(simd, work),
            None => Arch::Scalar.dispatch(work),
        },
        arch => arch.dispatch(work),
    }
}

/// Runs a loop compiled for the widest vector instructions of this CPU. The function has to be
/// `#[inline(always)]`.
#[inline]
pub fn vectorised(run: impl FnOnce()) {
    struct Run<F>(F);
    impl<F: FnOnce()> WithSimd for Run<F> {
        type Output = ();

        #[inline(always)]
        fn with_simd<S: pulp::Simd>(self, _simd: S) {
            (self.0)();
        }
    }
    dispatch(Run(run));
}

/// Runs every part, the first on this thread and the others on the program's helpers.
pub fn each_part<T: Send>(parts: impl IntoIterator<Item = T>, run: impl Fn(T) + Sync) {
    Helpers::global().each_part(parts, run);
}
