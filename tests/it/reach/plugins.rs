//! Exec plugins: programs that print credentials. And what was built into clients before them.

use std::{fs, thread::sleep, time::Duration};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::{SignedDuration, Timestamp};
use obsctl::cluster::{Cluster, Connect};
use serde_json::{Value, json};

use super::way::{PLAN, Way, credential, lines, plane, repo, service_account};
use crate::{cluster::runtime, support::wait_until};

#[test]
fn a_plugin_runs_once_for_a_command_and_is_told_of_the_cluster_where_it_asks() {
    let Some((plane, _)) = plane() else { return };
    let token = service_account(plane, "of-plugin");
    plane.kubectl(&[
        "create",
        "clusterrolebinding",
        "of-plugin",
        "--clusterrole=cluster-admin",
        "--serviceaccount=default:of-plugin",
    ]);
    let way = Way::to(plane);
    let script = format!(
        "echo \"$KUBERNETES_EXEC_INFO\" >> {}\n[ \"$COLOUR\" = green ] || exit 1\n[ -t 0 ] && exit 1\necho '{}'\n",
        way.path("info").display(),
        credential(&token, None)
    );
    let mut exec = way.exec(&script);
    exec["env"] = json!([{"name": "COLOUR", "value": "green"}]);
    let mut way = way.user(json!({"exec": exec}));
    let repo = repo("plugins");
    way.obsctl(&repo).exits(0, PLAN).assert_says("  user     system:serviceaccount:default:of-plugin\n");
    assert_eq!(lines(&way.path("info")), 1);
    let info = |way: &Way| -> Value {
        let text = fs::read_to_string(way.path("info")).expect("the plugin wrote it");
        serde_json::from_str(text.lines().last().unwrap_or_default()).expect("it is JSON")
    };
    assert_eq!(info(&way)["spec"], json!({"interactive": false}));
    assert_eq!(info(&way)["apiVersion"], "client.authentication.k8s.io/v1");

    way.user["exec"]["provideClusterInfo"] = true.into();
    way.cluster["extensions"] =
        json!([{"name": "client.authentication.k8s.io/exec", "extension": {"audience": "x"}}]);
    way.obsctl(&repo).exits(0, PLAN);
    let info = info(&way);
    let cluster = &info["spec"]["cluster"];
    assert_eq!(cluster["server"].as_str(), Some(plane.server().as_str()));
    assert_eq!(cluster["config"], json!({"audience": "x"}));
    assert!(cluster["certificate-authority-data"].as_str().is_some_and(|data| data.len() > 500), "{cluster}");
}

#[test]
fn what_goes_wrong_with_a_plugin_is_explained_and_its_output_is_not_shown() {
    let Some((plane, _)) = plane() else { return };
    let repo = repo("unplugged");
    let way = Way::to(plane);
    let said = |script: &str, edit: fn(&mut Value)| {
        let mut exec = way.exec(script);
        exec["args"].as_array_mut().expect("it has one").push("--secret=hush-hush".into());
        edit(&mut exec);
        let ran = Way::to(plane).user(json!({"exec": exec})).obsctl(&repo).exits(1, PLAN);
        assert!(!ran.stderr.contains("hush-hush"), "{}", ran.stderr);
        ran.stderr
    };
    let failed = said("echo hush-hush; echo 'session ended, log in again' >&2; exit 3", |_| {});
    assert!(
        failed.contains(
            "exec plugin `sh` of kubeconfig user \"we\" failed (exit status: 3); it said:\n    session ended"
        ),
        "{failed}"
    );
    let absent = said("", |exec| {
        exec["command"] = "no-such-program".into();
        exec["installHint"] = "\nInstall it with `brew install no-such-program`\n".into();
    });
    assert!(
        absent.contains("exec plugin `no-such-program` of kubeconfig user \"we\" is not there"),
        "{absent}"
    );
    assert!(absent.contains("hint: Install it with `brew install no-such-program`"), "{absent}");
    assert!(said("echo hush-hush: [", |_| {}).contains("printed no ExecCredential"));
    let other = credential("hush-hush", None).replace("/v1\"", "/v1beta1\"");
    let other = said(&format!("echo '{other}'"), |_| {});
    assert!(
        other.contains("printed \"client.authentication.k8s.io/v1beta1\", and the kubeconfig says"),
        "{other}"
    );
    let old = said("", |exec| exec["apiVersion"] = "client.authentication.k8s.io/v1alpha1".into());
    assert!(old.contains("is of version \"client.authentication.k8s.io/v1alpha1\"; known are"), "{old}");
    let nothing = credential("", None);
    assert!(said(&format!("echo '{nothing}'"), |_| {}).contains("neither a token nor a certificate"));
    let asking = said("exit 1", |exec| exec["interactiveMode"] = "Always".into());
    assert!(
        asking.contains("wants to ask (`interactiveMode: Always`), and stdin is no terminal"),
        "{asking}"
    );
}

#[test]
fn a_plugin_may_ask_the_user_at_a_terminal() {
    let Some((plane, _)) = plane() else { return };
    let way = Way::to(plane);
    let script = format!(
        "echo 'your word?' >&2\nread word\n[ \"$word\" = open ] && echo '{}'\n",
        credential("token-of-alice", None)
    );
    let mut exec = way.exec(&script);
    exec["interactiveMode"] = "Always".into();
    let way = way.user(json!({"exec": exec}));
    let repo = repo("dialogue");
    let Some((code, text)) = way.at_terminal(&repo, "plan -e lab", ("your word", "open\\n")) else { return };
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("your word?") && text.contains("user     alice"), "{text}");
    // In CI nobody types, terminal or not.
    let ci = way.obsctl(&repo).env("CI", "true").exits(1, PLAN);
    ci.assert_says("wants to ask (`interactiveMode: Always`)");
}

#[test]
fn a_token_that_ended_or_is_refused_is_fetched_anew() {
    let Some((plane, _)) = plane() else { return };
    let first = service_account(plane, "short-lived");
    let way = Way::to(plane);
    let soon = Timestamp::now() + SignedDuration::from_secs(6);
    let printed = way.write("printed", &credential(&first, Some(soon)));
    let exec = way.exec(&format!("echo run >> {}\ncat {}\n", way.path("runs").display(), printed.display()));
    let way = way.user(json!({"exec": exec}));
    let connect = Connect { kubeconfig: vec![way.file()], ..Connect::default() };
    let runtime = runtime();
    let cluster = runtime.block_on(Cluster::connect(&connect)).expect("the token is good");
    assert_eq!(lines(&way.path("runs")), 1);

    // The next one is taken before the first has ended.
    let second = plane.kubectl(&["create", "token", "short-lived"]);
    way.write("printed", &credential(second.trim(), None));
    sleep(Duration::from_secs(6));
    runtime.block_on(cluster.types()).expect("the second token is good");
    runtime.block_on(cluster.types()).expect("the second token is good");
    assert_eq!(lines(&way.path("runs")), 2, "a token without an end stays");

    // Its ServiceAccount goes, so the server refuses it, and another takes its place.
    let third = service_account(plane, "long-lived");
    way.write("printed", &credential(&third, None));
    plane.kubectl(&["delete", "serviceaccount", "short-lived"]);
    let refused = plane.kubeconfig_of_token("short-lived", second.trim()).display().to_string();
    wait_until("the server refuses the old token", Duration::from_secs(60), || {
        plane.try_kubectl(&["--kubeconfig", &refused, "auth", "whoami"]).is_err()
    });
    runtime.block_on(cluster.types()).expect("the third token is good");
    assert_eq!(lines(&way.path("runs")), 3);
    let user = "system:serviceaccount:default:long-lived";
    assert!(
        plane
            .requests()
            .iter()
            .any(|request| request.user == user && request.user_agent.starts_with("obsctl/"))
    );
}

/// A JWT, unsigned, that ends at a time.
fn jwt(ends: Timestamp) -> String {
    let part = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.x", part(json!({"alg": "none"})), part(json!({"exp": ends.as_second()})))
}

#[test]
fn an_oidc_provider_serves_while_its_token_is_good_and_else_points_to_kubelogin() {
    let Some((plane, _)) = plane() else { return };
    let repo = repo("oidc");
    let provider = |name: &str, token: &str| {
        let config = json!({"idp-issuer-url": "https://issuer.example.com", "client-id": "x", "id-token": token,
            "refresh-token": "hush-hush"});
        let way = Way::to(plane).user(json!({"auth-provider": {"name": name, "config": config}}));
        way.obsctl(&repo).exits(1, PLAN)
    };
    let token = service_account(plane, "of-issuer");
    let stranger = provider("oidc", &token);
    stranger.assert_says("User \"system:serviceaccount:default:of-issuer\" cannot");
    let ended = jwt(Timestamp::UNIX_EPOCH + SignedDuration::from_hours(24));
    let ended = provider("oidc", &ended);
    ended.assert_says("auth-provider `oidc` of kubeconfig user \"we\" holds an `id-token` that ended at 1970-01-02T00:00:00Z");
    ended.assert_says("https://github.com/int128/kubelogin");
    assert!(!ended.stderr.contains("hush-hush"), "{}", ended.stderr);
    let unknown = provider("oidc", &jwt(Timestamp::now() + SignedDuration::from_hours(1)));
    unknown.assert_says("does not take the user's credentials");
    provider("gcp", &token).assert_says("gke-gcloud-auth-plugin");
}
