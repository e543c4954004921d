//! Runs the program as a user would, in an environment that holds nothing of the machine's.

use std::{
    collections::BTreeMap,
    env,
    fs::{self, File},
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
    time::Duration,
};

use rustix::process::Signal;
use tempfile::TempDir;

use super::{Guarded, Repo};

/// No command of a test takes longer.
const LIMIT: Duration = Duration::from_secs(600);

/// The program, at home in one repository and with one kubeconfig.
#[derive(Debug)]
pub(crate) struct Obsctl {
    folder: PathBuf,
    home: TempDir,
    env: BTreeMap<String, String>,
}

/// What a run gave.
#[derive(Debug)]
pub(crate) struct Ran {
    /// Exit code; -1 where a signal ended it.
    pub(crate) code: i32,
    /// Result.
    pub(crate) stdout: String,
    /// Talk.
    pub(crate) stderr: String,
}

/// A run in the background; killed on drop.
#[derive(Debug)]
pub(crate) struct Running {
    process: Guarded,
    outputs: TempDir,
}

impl Obsctl {
    /// The program in a repository, with a kubeconfig where there is a cluster.
    pub(crate) fn new(repo: &Repo, kubeconfig: Option<&Path>) -> Self {
        let mut env = BTreeMap::from(
            [("NO_COLOR", "1"), ("TERM", "dumb"), ("TZ", "UTC"), ("PATH", "/usr/bin:/bin")]
                .map(|(name, value)| (name.to_owned(), value.to_owned())),
        );
        if let Some(file) = kubeconfig {
            env.insert("KUBECONFIG".to_owned(), file.display().to_string());
        }
        let home = TempDir::new().expect("the machine has a folder for temporary files");
        Self { folder: repo.path().to_owned(), home, env }
    }

    /// With one more environment variable.
    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.env.insert(name.to_owned(), value.to_owned());
        self
    }

    /// The compiled program.
    pub(crate) fn program() -> &'static Path {
        static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
        PROGRAM.get_or_init(|| match option_env!("CARGO_BIN_EXE_obsctl") {
            Some(program) => program.into(),
            // An example stands in a folder beside it.
            None => env::current_exe().expect("we run").with_file_name("../obsctl"),
        })
    }

    /// Runs it to its end.
    pub(crate) fn run(&self, args: &[&str]) -> Ran {
        self.spawn(args).wait()
    }

    /// Runs it to its end and fails unless it exits with `code`.
    #[track_caller]
    pub(crate) fn exits(&self, code: i32, args: &[&str]) -> Ran {
        let ran = self.run(args);
        ran.assert_code(code, &args.join(" "));
        ran
    }

    /// Starts it.
    pub(crate) fn spawn(&self, args: &[&str]) -> Running {
        let outputs = TempDir::new().expect("the machine has a folder for temporary files");
        let file = |name| File::create(outputs.path().join(name)).expect("the folder is ours");
        let mut command = Command::new(Self::program());
        command.args(args).current_dir(&self.folder).env_clear().envs(&self.env);
        command.env("HOME", self.home.path()).stdout(file("stdout")).stderr(file("stderr"));
        Running { process: Guarded::spawn(&mut command), outputs }
    }
}

impl Ran {
    /// Fails, showing both outputs, unless the exit code is `code`.
    #[track_caller]
    pub(crate) fn assert_code(&self, code: i32, what: &str) {
        let Self { code: was, stdout, stderr } = self;
        assert_eq!(*was, code, "`obsctl {what}`\n--- stdout\n{stdout}\n--- stderr\n{stderr}");
    }

    /// Fails unless stdout or stderr holds `text`.
    #[track_caller]
    pub(crate) fn assert_says(&self, text: &str) {
        let Self { stdout, stderr, .. } = self;
        let says = stdout.contains(text) || stderr.contains(text);
        assert!(says, "nothing says {text:?}\n--- stdout\n{stdout}\n--- stderr\n{stderr}");
    }
}

impl Running {
    /// Whether it still runs.
    pub(crate) fn runs(&mut self) -> bool {
        self.process.ended().is_none()
    }

    /// What it wrote to stderr so far.
    pub(crate) fn stderr(&self) -> String {
        fs::read_to_string(self.outputs.path().join("stderr")).expect("it was made here")
    }

    /// Ends it without a warning, as `kill -9` does, and returns what it had given; harmless where it has ended.
    pub(crate) fn kill(mut self) -> Ran {
        self.process.signal(Signal::KILL);
        self.wait()
    }

    /// Sends what Ctrl-C sends.
    pub(crate) fn interrupt(&mut self) {
        self.process.signal(Signal::INT);
    }

    /// Waits for its end.
    #[track_caller]
    pub(crate) fn wait(mut self) -> Ran {
        let Some(status) = self.process.wait(LIMIT) else {
            panic!("it still runs after {LIMIT:?}; its stderr:\n{}", self.stderr());
        };
        let stdout = fs::read_to_string(self.outputs.path().join("stdout")).expect("it was made here");
        Ran { code: status.code().unwrap_or(-1), stdout, stderr: self.stderr() }
    }
}
