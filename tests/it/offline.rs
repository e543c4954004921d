//! Plans that ask for less: against a dump without any cluster, by our own estimate, and strictly by the server.

use crate::support::{ControlPlane, Obsctl, Repo, lab_repo};

const PLAN: &[&str] = &["plan", "-e", "lab", "--detailed-exitcode"];

fn write(repo: &Repo, image: &str, more: &str) {
    repo.write(
        "stacks/dumped/manifests/all.yaml",
        &format!(
            "apiVersion: v1\nkind: Namespace\nmetadata: {{name: dumped}}\n---\n\
             apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: rules}}\ndata: {{a: one{more}}}\n---\n\
             apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: web}}\nspec:\n  replicas: 1\n  \
             selector: {{matchLabels: {{app: web}}}}\n  template:\n    metadata: {{labels: {{app: web}}}}\n    \
             spec: {{containers: [{{name: web, image: '{image}', ports: [{{containerPort: 80}}]}}]}}\n"
        ),
    );
    repo.commit("Next");
}

fn json(text: &str) -> serde_json::Value {
    serde_json::from_str(text).expect("JSON")
}

/// The steps of a plan: action, object, and the paths of its fields.
fn steps(plan: &serde_json::Value) -> Vec<(String, String, Vec<String>)> {
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let steps = plan["stacks"][0]["steps"].as_array().expect("steps");
    let fields = |step: &serde_json::Value| {
        step["fields"].as_array().expect("fields").iter().map(|field| text(&field["path"])).collect()
    };
    steps.iter().map(|step| (text(&step["action"]), text(&step["object"]["name"]), fields(step))).collect()
}

#[test]
fn a_dump_serves_in_place_of_a_cluster() {
    let Some(plane) = ControlPlane::shared() else { return };
    let repo = lab_repo("dumped");
    let obsctl = Obsctl::new(&repo, Some(&plane.kubeconfig("admin")));
    write(&repo, "example.com/web:1", ", b: two");
    obsctl.exits(0, &["apply", "-e", "lab", "--auto-approve"]);
    let kinds = "namespaces,configmaps,deployments.apps";
    let dump = |file: &str, form: &str, more: &[&str]| {
        let text = plane.kubectl(&[&["get", kinds, "-A", "-o", form], more].concat());
        let path =
            repo.path().join("..").join(format!("{}-{file}", repo.path().file_name().unwrap().display()));
        std::fs::write(&path, text).expect("the folder is ours");
        path.display().to_string()
    };
    let owners = ["--show-managed-fields"];
    let (yaml, jsons) = (dump("dump.yaml", "yaml", &owners), dump("dump.json", "json", &owners));
    let bare = dump("bare.yaml", "yaml", &[]);
    // Nobody is there to be asked.
    let offline = Obsctl::new(&repo, None);
    for file in [&yaml, &jsons, &bare] {
        let plan = offline.exits(0, &[PLAN, &["--live", file]].concat());
        plan.assert_says("No changes. 3 unchanged");
        assert_eq!(plan.stdout.contains("dump-without-owners"), file == &bare);
    }

    write(&repo, "example.com/web:2", "");
    let from_dump = offline.exits(2, &[PLAN, &["--live", &yaml, "-o", "json"]].concat()).stdout;
    let from_server = obsctl.exits(2, &[PLAN, &["-o", "json"]].concat()).stdout;
    let local = obsctl.exits(2, &[PLAN, &["--plan-mode", "local", "-o", "json"]].concat()).stdout;
    let (from_dump, from_server, local) = (json(&from_dump), json(&from_server), json(&local));
    assert_eq!(steps(&from_dump), steps(&from_server));
    assert_eq!(steps(&local), steps(&from_server));
    let estimated = |plan: &serde_json::Value| plan["stacks"][0]["steps"][0]["estimated"].clone();
    assert!(estimated(&from_dump).as_str().is_some_and(|why| why.contains("dump")));
    assert!(estimated(&local).as_str().is_some_and(|why| why.contains("--plan-mode local")));
    assert!(estimated(&from_server).is_null());
    for file in [&yaml, &jsons, &bare] {
        std::fs::remove_file(file).expect("it was made");
    }
}

#[test]
fn what_is_no_dump_is_said_with_its_place() {
    let repo = lab_repo("nodump");
    repo.write(
        "stacks/nodump/manifests/all.yaml",
        "apiVersion: v1\nkind: Namespace\nmetadata: {name: nodump}\n",
    );
    repo.commit("Next");
    let obsctl = Obsctl::new(&repo, None);
    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).expect("the folder is ours");
        path.display().to_string()
    };
    let (broken, empty) = (file("broken.yaml", "kind: [\n"), file("empty.yaml", "# nothing\n"));
    let with =
        |live: &str| [PLAN, &["--live", live]].concat().iter().map(|&arg| arg.to_owned()).collect::<Vec<_>>();
    let exits = |code: i32, live: &str| {
        let args = with(live);
        obsctl.exits(code, &args.iter().map(String::as_str).collect::<Vec<_>>())
    };
    exits(64, "/nowhere/dump.yaml").assert_says("/nowhere/dump.yaml");
    exits(64, &empty).assert_says("holds no Kubernetes object");
    let said = exits(65, &broken);
    said.assert_says("broken.yaml:");
    exits(64, "x --plan-mode=local");
    obsctl.exits(64, &["plan", "-e", "lab", "--live", &empty, "--plan-mode", "local"]);
}
