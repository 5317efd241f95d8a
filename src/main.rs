//! The program: everything is in the library, so that tests and benches reach it too.

use std::process::ExitCode;

fn main() -> ExitCode {
    quieten_driver();
    zscape::cli::main()
}

/// Mesa's device selection layer asks Wayland which adapter it likes, and where there is no
/// session it writes "XDG_RUNTIME_DIR is invalid" to stderr once for every look at the adapters.
#[expect(
    unsafe_code,
    reason = "the environment is changed before there is a second thread"
)]
fn quieten_driver() {
    if std::env::var_os("XDG_RUNTIME_DIR").is_none() {
        // SAFETY: this is the first line of the program; no other thread reads the environment.
        unsafe { std::env::set_var("NODEVICE_SELECT", "1") };
    }
}
