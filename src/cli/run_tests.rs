//! Calls as users type them.

use clap::CommandFactory as _;

use super::*;
use crate::cli::args::{AllowDelete, Command, Format};

/// Exit code, result and talk of a call.
fn call(argv: &[&str]) -> (u8, String, String) {
    let (mut out, mut talk) = (Vec::new(), Vec::new());
    let mut stdio = Stdio {
        out: &mut out,
        talk: &mut talk,
        input: &mut io::empty(),
        terminal: Terminal::default(),
        reader_gone: false,
    };
    let argv = ["obsctl"].iter().chain(argv).map(OsString::from);
    let exit = run(argv, &mut stdio).code();
    (exit, String::from_utf8(out).unwrap(), String::from_utf8(talk).unwrap())
}

fn parsed(argv: &[&str]) -> Command {
    Arguments::try_parse_from(["obsctl"].iter().chain(argv)).unwrap().command
}

#[test]
fn version_is_one_line_of_result() {
    let version = format!("obsctl {}\n", env!("CARGO_PKG_VERSION"));
    assert_eq!(call(&["version"]), (0, version.clone(), String::new()));
    assert_eq!(call(&["--version"]), (0, version, String::new()));
}

#[test]
fn help_is_a_result_and_a_bad_call_is_talk() {
    let (exit, out, talk) = call(&["plan", "--help"]);
    assert_eq!((exit, talk.as_str()), (0, ""));
    assert!(out.contains("--detailed-exitcode"), "{out}");
    for wrong in [&["paln"][..], &["plan", "--outt", "x"], &[], &["apply", "--timeout", "5 days"]] {
        let (exit, out, talk) = call(wrong);
        assert_eq!((exit, out.as_str()), (64, ""), "{wrong:?}");
        assert!(!talk.is_empty());
    }
}

#[test]
fn the_arguments_are_well_formed_and_their_help_keeps_the_house_style() {
    let program = Arguments::command();
    program.clone().debug_assert();
    for command in program.get_subcommands() {
        let name = command.get_name();
        let about = command.get_about().unwrap_or_else(|| panic!("{name} has no help")).to_string();
        assert!(!about.ends_with('.'), "{name}: {about}");
        let examples = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        assert!(name == "version" || examples.contains(&format!("obsctl {name}")), "{name} has no example");
        for flag in command.get_arguments() {
            let help = flag.get_help().unwrap_or_else(|| panic!("{name} {flag} has no help")).to_string();
            assert!(!help.ends_with('.') && !help.is_empty(), "{name} {flag}: {help}");
        }
    }
}

#[test]
fn flags_of_a_plan_are_understood() {
    let argv = ["plan", "-e", "prod", "-s", "a", "-s", "b", "-o", "json", "--report", "markdown=x.md"];
    let Command::Plan(plan) = parsed(&argv) else { panic!("not a plan") };
    assert_eq!(plan.selection.environment.as_deref(), Some("prod"));
    assert_eq!(plan.selection.stacks, ["a", "b"]);
    assert_eq!(plan.output, Format::Json);
    assert_eq!(plan.reports[0].format, Format::Markdown);
}

#[test]
fn flags_of_an_apply_are_understood() {
    let argv = [
        "-C",
        "x",
        "apply",
        "-e",
        "prod",
        "--allow-delete",
        "stack/base",
        "--lock-timeout",
        "0",
        "--as",
        "me",
    ];
    let Command::Apply(apply) = parsed(&argv) else { panic!("not an apply") };
    assert_eq!(apply.run.timeout.as_secs(), 300);
    assert!(apply.run.lock_timeout.is_zero());
    assert_eq!(apply.guards.allow_delete, [AllowDelete::Stack("base".to_owned())]);
    assert_eq!(call(&["apply", "plan.obsctl", "-s", "x"]).0, 64, "a saved plan has its own stacks");
    assert_eq!(call(&["apply", "--parallelism", "0"]).0, 64);
}

#[test]
fn scripts_and_manual_pages_come_for_every_shell_and_command() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let (exit, out, _) = call(&["completions", shell]);
        assert!(exit == 0 && out.contains("rollback"), "{shell}");
    }
    assert!(call(&["man"]).1.contains(".TH obsctl 1"));
    assert!(call(&["man", "plan"]).1.contains(".TH obsctl-plan 1"));
    let (exit, out, talk) = call(&["man", "paln"]);
    assert_eq!((exit, out.as_str()), (64, ""));
    assert!(talk.starts_with("error: there is no command `paln`\nhint: the commands are "), "{talk}");
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    struct Gone;
    impl io::Write for Gone {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut talk = Vec::new();
    let mut stdio = Stdio {
        out: &mut Gone,
        talk: &mut talk,
        input: &mut io::empty(),
        terminal: Terminal::default(),
        reader_gone: false,
    };
    assert_eq!(run(["obsctl", "version"].map(OsString::from), &mut stdio), Exit::Done);
    assert!(stdio.reader_gone);
    assert_eq!(String::from_utf8(talk).unwrap(), "");
}

#[test]
fn a_panic_is_our_bug() {
    assert_eq!(guarded(|| panic!("hunter2")), Exit::Bug);
}
