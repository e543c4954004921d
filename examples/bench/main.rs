//! Measures `obsctl plan` and the first apply against the budgets, beside raw LISTs and kubectl.
//!
//! ```text
//! cargo run --release --example bench [-- --sizes 1020,10200]
//! ```
//!
//! Each size gets two fresh control planes (etcd and kube-apiserver): obsctl applies to the one and kubectl to the other.
//! What is compared is measured in the same minutes, in turns; each command gets at most ten minutes.
#![expect(
    clippy::disallowed_methods,
    clippy::cast_precision_loss,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "this is a command, run by hand, on the footing of the tests"
)]

mod fleet;
mod measure;
#[path = "../../tests/it/support/mod.rs"]
#[expect(dead_code, unused_imports, reason = "the tests need more of it")]
mod support;
mod table;

use std::{env, error::Error, path::Path, process::Command};

use measure::{Peak, best, run};
use support::{ControlPlane, Obsctl, Repo};
use table::{Budget, Row, print};

type Outcome<T> = Result<T, Box<dyn Error>>;

/// Runs of each reading command, of which the best counts.
const RUNS: usize = 5;

/// Collections of the fleet's kinds.
const COLLECTIONS: &[&str] = &[
    "/api/v1/namespaces",
    "/api/v1/serviceaccounts",
    "/api/v1/configmaps",
    "/api/v1/services",
    "/apis/apps/v1/deployments",
    "/apis/rbac.authorization.k8s.io/v1/roles",
    "/apis/rbac.authorization.k8s.io/v1/rolebindings",
    "/apis/networking.k8s.io/v1/networkpolicies",
    "/apis/autoscaling/v2/horizontalpodautoscalers",
];

fn main() -> Outcome<()> {
    let sizes = sizes()?;
    build()?;
    let mut version = Command::new(Obsctl::program());
    version.arg("version");
    let version = best((0..RUNS * 2).map(|_| run(&mut version)).collect::<Outcome<Vec<_>>>()?)?;
    let mut rows = vec![Row::new("obsctl version", version).within(Budget::Millis(10))];
    print(&rows);
    let mut smallest: Option<(usize, Peak)> = None;
    for teams in sizes {
        let objects = fleet::count(teams);
        eprintln!("{objects} objects: starting two control planes");
        let (plan, measured) = of_size(teams)?;
        rows = measured;
        if let Some((fewer, before)) = smallest {
            // Budget: ten times the objects in at most eleven times the time.
            let times = 1.1 * objects as f64 / fewer as f64;
            rows.push(Row::new("obsctl plan, of itself", plan).against(
                &format!("{fewer} objects"),
                before,
                times,
            ));
        } else {
            smallest = Some((objects, plan));
        }
        println!("\n{objects} objects");
        print(&rows);
    }
    Ok(())
}

/// Teams of each size: `--sizes` counts objects, twenty namespaces and ten a team.
fn sizes() -> Outcome<Vec<usize>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let sizes = match arguments.as_slice() {
        [] => "1020,10200",
        [flag, sizes] if flag == "--sizes" => sizes,
        _ => return Err("usage: bench [--sizes OBJECTS[,OBJECTS]…]".into()),
    };
    let mut teams = sizes
        .split(',')
        .map(|size| size.trim().parse().map(|objects: usize| (objects.saturating_sub(20) / 10).max(1)))
        .collect::<Result<Vec<_>, _>>()?;
    teams.sort_unstable();
    Ok(teams)
}

/// Builds the program as it is released: what was there may be older than its source.
fn build() -> Outcome<()> {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--release", "--bin", "obsctl"]).current_dir(env!("CARGO_MANIFEST_DIR"));
    if !cargo.status()?.success() {
        return Err("obsctl does not build".into());
    }
    let program = Obsctl::program();
    if program.is_file() { Ok(()) } else { Err("run this example with --release".into()) }
}

/// The peak and time of the plan, and all rows of one size.
fn of_size(teams: usize) -> Outcome<(Peak, Vec<Row>)> {
    let ours = ControlPlane::start_api(&[]).ok_or("there is no control plane")?;
    let theirs = ControlPlane::start_api(&[]).ok_or("there is no control plane")?;
    let repo = Repo::of(&[]);
    fleet::repository(teams).for_each(|(path, text)| repo.write(&path, &text));
    repo.commit("A fleet");
    let manifests = repo.path().join(fleet::MANIFESTS);

    let applied = run(&mut obsctl(&repo, &ours, &["apply", "--auto-approve", "--no-wait"]))?;
    let kubectl_applied = run(&mut kubectl(&theirs, &["apply", "--server-side", "-f"], &manifests))?;

    let (mut plans, mut lists, mut diffs) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..RUNS {
        lists.push(raw_lists(&ours)?);
        plans.push(run(&mut obsctl(&repo, &ours, &["plan", "--detailed-exitcode"]))?);
    }
    for _ in 0..if teams > 500 { 1 } else { RUNS } {
        let arguments = ["diff", "--server-side", "--concurrency", "16", "-f"];
        diffs.push(run(&mut kubectl(&theirs, &arguments, &manifests))?);
    }
    let (plan, list, diff) = (best(plans)?, best(lists)?, best(diffs)?);
    let memory = Budget::Mebibytes(if teams > 500 { 300 } else { 60 });
    let rows = vec![
        Row::new("raw LISTs, one after another", list),
        Row::new("obsctl plan, nothing changed", plan).against("raw LISTs", list, 2.0).within(memory),
        Row::new("kubectl diff --server-side --concurrency 16", diff),
        Row::new("obsctl plan, nothing changed", plan).against("kubectl diff", diff, 0.2),
        Row::new("kubectl apply --server-side, first", kubectl_applied),
        Row::new("obsctl apply --no-wait, first", applied).against("kubectl apply", kubectl_applied, 0.5),
    ];
    Ok((plan, rows))
}

fn obsctl(repo: &Repo, plane: &ControlPlane, arguments: &[&str]) -> Command {
    let mut command = Command::new(Obsctl::program());
    command.args(arguments).args(["-e", "bench"]).current_dir(repo.path());
    command.env_clear().env("HOME", plane.folder()).env("KUBECONFIG", plane.kubeconfig("admin"));
    command
}

fn kubectl(plane: &ControlPlane, arguments: &[&str], manifests: &Path) -> Command {
    let mut command = Command::new(plane.program("kubectl"));
    command.args(arguments).arg(manifests);
    command.env_clear().env("HOME", plane.folder()).env("KUBECONFIG", plane.kubeconfig("admin"));
    // kubectl diff calls `diff`.
    command.env("PATH", "/usr/bin:/bin");
    command
}

/// LISTs of the fleet's kinds by label, one curl after another; times are added, the largest peak counts.
fn raw_lists(plane: &ControlPlane) -> Outcome<Peak> {
    let mut sum = Peak::default();
    for path in COLLECTIONS {
        let url = format!("{}{path}?labelSelector=app.kubernetes.io/managed-by%3Dobsctl", plane.server());
        let mut curl = Command::new("curl");
        curl.args(["--silent", "--show-error", "--fail", "--output", "/dev/null", "--cacert"]);
        curl.arg(plane.folder().join("pki/apiserver.crt"));
        curl.args(["--header", "Authorization: Bearer token-of-admin", &url]);
        sum = sum.plus(run(&mut curl)?);
    }
    Ok(sum)
}
