//! Where the control plane's programs and the test data are, and what happens where they are not.

use std::{
    env,
    io::{Write, stderr},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::OnceLock,
};

/// The folder of the control plane's programs, built at first use; `None` after saying so where they cannot be had.
///
/// Under `OBSCTL_REQUIRE_LIVE` a missing control plane fails the test.
pub(crate) fn binaries() -> Option<&'static Path> {
    static FOLDER: OnceLock<Option<PathBuf>> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/testbed/build");
        let output = Command::new(script).stderr(Stdio::inherit()).output().expect("bash starts");
        let said = String::from_utf8_lossy(&output.stdout);
        output.status.success().then(|| PathBuf::from(said.trim_end()))
    });
    if folder.is_none() {
        skip("no control plane: tests/testbed/build failed");
    }
    folder.as_deref()
}

/// A folder of the test data; `None` after saying so where there is none.
///
/// Under `OBSCTL_REQUIRE_LIVE` missing data fails the test.
pub(crate) fn test_data(part: &str) -> Option<PathBuf> {
    let root = env::var_os("OBSCTL_TEST_DATA")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data"), PathBuf::from);
    let folder = root.join(part);
    if folder.is_dir() {
        return Some(folder);
    }
    skip(&format!("no test data {part} in {}", root.display()));
    None
}

/// Says that the running test is skipped, where the test runner does not swallow it.
pub(crate) fn skip(why: &str) {
    let thread = std::thread::current();
    let test = thread.name().unwrap_or("a test");
    assert!(env::var_os("OBSCTL_REQUIRE_LIVE").is_none(), "{why}, and OBSCTL_REQUIRE_LIVE is set");
    writeln!(stderr(), "skipped: {test}: {why}").expect("stderr is open");
}
