//! The workflows that users copy: their `run:` steps, run by bash as a runner would, on a real control plane.

use std::{collections::BTreeMap, fs, os::unix::fs::symlink, path::Path, process::Command};

use serde_json::Value;
use tempfile::TempDir;

use crate::support::{ControlPlane, Obsctl, Repo};

const ENVIRONMENT: &str = "\
apiVersion: obsctl.dev/v1alpha1
kind: Environment
metadata: {name: prod}
spec:
  cluster: {context: testbed}
  stacks: [{name: flows}]
";

const STACK: &str = "\
apiVersion: obsctl.dev/v1alpha1
kind: Stack
metadata: {name: flows}
spec:
  namespace: flows
  sources:
    - manifests: [manifests/]
";

const MANIFESTS: &str = "\
apiVersion: v1
kind: Namespace
metadata: {name: flows}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {level: info}
";

/// A runner of one job: its files, and the variables that steps hand on.
struct Runner<'a> {
    repo: &'a Repo,
    temp: TempDir,
    env: BTreeMap<String, String>,
}

impl<'a> Runner<'a> {
    /// With obsctl on PATH and a kubeconfig, as the action `.github/actions/obsctl` leaves them.
    fn new(repo: &'a Repo, plane: &ControlPlane) -> Self {
        let temp = TempDir::new().expect("the machine has a folder for temporary files");
        let bin = temp.path().join("bin");
        fs::create_dir(&bin).expect("the folder is ours");
        symlink(Obsctl::program(), bin.join("obsctl")).expect("the folder is ours");
        let text = |path: &Path| path.display().to_string();
        let env = BTreeMap::from([
            ("CI".to_owned(), "true".to_owned()),
            ("GITHUB_ACTIONS".to_owned(), "true".to_owned()),
            ("GITHUB_STEP_SUMMARY".to_owned(), text(&temp.path().join("summary.md"))),
            ("HOME".to_owned(), text(temp.path())),
            ("KUBECONFIG".to_owned(), text(&plane.kubeconfig("admin"))),
            ("PATH".to_owned(), format!("{}:/usr/bin:/bin", bin.display())),
            ("RUNNER_TEMP".to_owned(), text(temp.path())),
        ]);
        Self { repo, temp, env }
    }

    /// Runs the only job's `run:` steps in order; returns the exit code of the first that fails, and all output.
    fn run(&mut self, workflow: &str) -> (i32, String) {
        let job = only_job(workflow);
        self.take_env(&job["env"]);
        let (mut code, mut said) = (0, String::new());
        for step in job["steps"].as_array().expect("a job has steps") {
            let Some(script) = step["run"].as_str() else { continue };
            if code != 0 && step["if"] != "always()" {
                continue;
            }
            self.take_env(&step["env"]);
            assert!(!script.contains("${{"), "a script takes values from env only: {script}");
            let mut bash = Command::new("bash");
            bash.args(["--noprofile", "--norc", "-eo", "pipefail", "-c", script]);
            let output = bash.current_dir(self.repo.path()).env_clear().envs(&self.env).output();
            let output = output.expect("bash starts");
            said.extend(["$ ", script, "\n"]);
            said += &String::from_utf8_lossy(&output.stdout);
            said += &String::from_utf8_lossy(&output.stderr);
            if code == 0 {
                code = output.status.code().unwrap_or(-1);
            }
        }
        (code, said)
    }

    fn take_env(&mut self, map: &Value) {
        for (name, value) in map.as_object().into_iter().flatten() {
            let value = value.as_str().expect("variables are text");
            assert!(!value.contains("${{"), "{name}: expressions are for actions here");
            self.env.insert(name.clone(), value.to_owned());
        }
    }

    /// What steps wrote to the step summary since it was last taken.
    fn summary(&self) -> String {
        let file = self.temp.path().join("summary.md");
        let text = fs::read_to_string(&file).unwrap_or_default();
        fs::write(&file, "").expect("the folder is ours");
        text
    }
}

/// A workflow of this repository.
fn read(workflow: &str) -> Value {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(".github/workflows").join(workflow);
    let text = fs::read_to_string(file).expect("the workflow is there");
    serde_saphyr::from_str(&text).expect("the workflow is YAML")
}

fn only_job(workflow: &str) -> Value {
    let jobs = read(workflow)["jobs"].as_object().expect("a workflow has jobs").clone();
    assert_eq!(jobs.len(), 1, "{workflow}");
    jobs.into_iter().next().expect("there is one").1
}

#[test]
fn workflows_may_read_only_and_pin_their_actions() {
    for workflow in ["ci.yml", "plan.yml", "apply.yml", "drift.yml"] {
        assert_eq!(read(workflow)["permissions"], serde_json::json!({"contents": "read"}), "{workflow}");
        for step in only_job(workflow)["steps"].as_array().expect("a job has steps") {
            let Some(action) = step["uses"].as_str() else { continue };
            let pinned = action.rsplit_once('@').is_some_and(|(_, commit)| {
                commit.len() == 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit())
            });
            assert!(pinned || action.starts_with("./"), "{workflow}: {action} is not pinned by its commit");
        }
    }
}

#[test]
fn plan_apply_and_drift_do_their_work_as_written() {
    let Some(plane) = ControlPlane::shared() else { return };
    let repo = Repo::of(&[
        ("obsctl.yaml", "apiVersion: obsctl.dev/v1alpha1\nkind: Repository\nmetadata: {name: flows}\n"),
        ("stacks/flows/stack.yaml", STACK),
        ("stacks/flows/manifests/all.yaml", MANIFESTS),
        ("environments/prod/environment.yaml", ENVIRONMENT),
    ]);
    let mut runner = Runner::new(&repo, plane);

    let (code, said) = runner.run("plan.yml");
    assert_eq!(code, 0, "{said}");
    let summary = runner.summary();
    assert!(summary.contains("settings"), "the step summary shows no plan: {summary}\n{said}");
    for file in ["plan.json", "plan.md"] {
        assert!(runner.temp.path().join(file).exists(), "{file} is missing\n{said}");
    }
    assert!(plane.try_kubectl(&["get", "namespace", "flows"]).is_err(), "a plan never writes");

    let (code, said) = runner.run("apply.yml");
    assert_eq!(code, 0, "{said}");
    assert_eq!(
        plane.kubectl(&["get", "configmap", "settings", "-n", "flows", "-o", "jsonpath={.data.level}"]),
        "info"
    );

    let (code, said) = runner.run("drift.yml");
    assert_eq!(code, 0, "{said}");
    plane.kubectl(&[
        "patch",
        "configmap",
        "settings",
        "-n",
        "flows",
        "-p",
        "{\"data\":{\"level\":\"debug\"}}",
    ]);
    runner.summary();
    let (code, said) = runner.run("drift.yml");
    assert_eq!(code, 2, "{said}");
    let summary = runner.summary();
    assert!(summary.contains("level"), "the step summary does not name the field: {summary}\n{said}");
}
