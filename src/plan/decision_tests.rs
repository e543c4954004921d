//! Decisions about single objects, with hand-made answers of the server.

#![expect(
    clippy::needless_raw_string_hashes,
    clippy::unnecessary_wraps,
    reason = "expected texts are written by expect-test; answers stand where none means the obliging server"
)]

use expect_test::{Expect, expect};

use crate::model::{
    Answer, Body, Cause, ConflictCause, ConflictDecision, ConflictRule, IgnoredField, Plan, Refusal,
};
use crate::plan::scene::{Scene, documents, entry, labelled, tell};

const CONFIG: &str = "apiVersion: v1
kind: ConfigMap
metadata: {name: a, namespace: m}
data: {k: git}";

const WEB: &str = "apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: m}
spec: {replicas: 2, selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {containers: [{name: c, image: i}]}}}";

fn check(plan: &Plan, expected: &Expect) {
    expected.assert_eq(&tell(plan));
}

fn conflict(manager: &str, field: &str) -> Option<Answer> {
    Some(Answer::Conflict(vec![ConflictCause {
        manager: manager.to_owned(),
        field: field.to_owned(),
        message: String::new(),
    }]))
}

fn refusal(code: u16, message: &str, causes: &[(&str, &str)]) -> Option<Answer> {
    let cause = |(field, message): &(&str, &str)| Cause {
        reason: "FieldValueInvalid".to_owned(),
        field: (*field).to_owned(),
        message: (*message).to_owned(),
    };
    Some(Answer::Refused(Refusal {
        code,
        reason: "Invalid".to_owned(),
        message: message.to_owned(),
        causes: causes.iter().map(cause).collect(),
    }))
}

/// A scene in which the Deployment is ours and somebody scaled it.
fn scaled(manager: &str, subresource: Option<&str>) -> Scene {
    let mut scene = Scene::wanting(WEB);
    let mut body = labelled(documents(WEB).remove(0), "mon");
    let mut ours = body.clone();
    ours.tree_mut()["spec"].as_object_mut().unwrap().shift_remove("replicas");
    body.tree_mut()["spec"]["replicas"] = 5.into();
    let ours = entry("obsctl", &ours, &scene.schemas);
    let mut theirs = entry(manager, &body, &scene.schemas);
    theirs.fields = r#"{"f:spec":{"f:replicas":{}}}"#.into();
    theirs.subresource = subresource.map(str::to_owned);
    scene.put(body, vec![ours, theirs]);
    scene
}

#[test]
fn an_object_that_is_as_wanted_needs_no_question() {
    let mut scene = Scene::wanting(CONFIG);
    scene.there(CONFIG, "obsctl");
    let plan = scene.plan_with(|_| panic!("nobody is asked"));
    check(
        &plan,
        &expect![[r#"
        unchanged ConfigMap m/a
    "#]],
    );
}

#[test]
fn an_absent_object_is_created_and_every_leaf_shown() {
    check(
        &Scene::wanting(CONFIG).plan(),
        &expect![[r#"
            0 create ConfigMap m/a: it does not exist
                apply as obsctl if absent
                .data.k: "git"
        "#]],
    );
}

#[test]
fn objects_of_a_namespace_in_the_plan_are_estimated_and_wait_for_it() {
    let namespace = "apiVersion: v1\nkind: Namespace\nmetadata: {name: new}";
    let config = CONFIG.replace("namespace: m", "namespace: new");
    let scene = Scene::wanting(&format!("{namespace}\n---\n{config}"));
    let plan = scene.plan_with(|question| {
        assert_eq!(question.body.kind(), "Namespace");
        assert_eq!(question.manager, "obsctl:dev:mon");
        None
    });
    check(
        &plan,
        &expect![[r#"
            0 create Namespace new: it does not exist
                apply as obsctl:dev:mon if absent
            1 create ConfigMap new/a: it does not exist ~ namespace new is made by this plan, so its policies were not asked
                apply as obsctl if absent
                .data.k: "git"
                after 0 (Ready): stands in Namespace new
        "#]],
    );
}

#[test]
fn a_missing_namespace_that_nobody_makes_is_named() {
    check(
        &Scene::wanting(&CONFIG.replace("namespace: m", "namespace: new")).plan(),
        &expect![[r#"
        held! missing ConfigMap new/a: namespace new does not exist, and no stack of this run makes it
            fix: declare Namespace new in this stack or in one it depends on, or `kubectl create namespace new`
    "#]],
    );
}

#[test]
fn a_custom_resource_is_estimated_when_its_definition_is_in_the_plan_and_held_when_nowhere() {
    let crd = "apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: boards.example.com}
spec: {group: example.com, names: {kind: Board, plural: boards}}";
    let board = "apiVersion: example.com/v1\nkind: Board\nmetadata: {name: b, namespace: m}";
    let other = "apiVersion: example.org/v1\nkind: Other\nmetadata: {name: o, namespace: m}";
    let mut scene = Scene::wanting(&format!("{crd}\n---\n{board}\n---\n{other}"));
    for body in documents(&format!("{board}\n---\n{other}")) {
        scene.live.objects.insert(body.id(), crate::model::Observed::NoSuchKind);
    }
    check(
        &scene.plan(),
        &expect![[r#"
            0 create CustomResourceDefinition boards.example.com: it does not exist
                apply as obsctl if absent
                .spec.group: "example.com"
                .spec.names.kind: "Board"
                .spec.names.plural: "boards"
            1 create Board m/b: it does not exist ~ CustomResourceDefinition boards.example.com is brought by this plan
                apply as obsctl if absent
                after 0 (Ready): is defined by CustomResourceDefinition boards.example.com
            held! missing Other m/o: the cluster does not serve example.org/v1 Other, and nothing in this run defines it
                fix: add the CustomResourceDefinition to this stack or to one it depends on
        "#]],
    );
}

#[test]
fn a_changed_field_is_a_patch_that_names_the_writer() {
    let mut scene = Scene::wanting(CONFIG);
    let id = scene.there(&CONFIG.replace("git", "live"), "obsctl");
    scene.applied(&[&id]);
    check(
        &scene.plan(),
        &expect![[r#"
        0 patch ConfigMap m/a: it is declared otherwise than at the last apply
            apply as obsctl if uid
            .data.k: "live" -> "git" by obsctl
    "#]],
    );
}

#[test]
fn a_secret_is_never_shown() {
    let secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: s, namespace: m}\ndata: {k: aHVudGVyMg==}";
    let mut scene = Scene::wanting(secret);
    scene.there(&secret.replace("aHVudGVyMg==", "aHVudGVyMQ=="), "obsctl");
    let plan = scene.plan();
    assert!(!format!("{plan:?}").contains("aHVudGVy"));
    check(
        &plan,
        &expect![[r#"
        0 patch Secret m/s: the last apply did not record it
            apply as obsctl if uid
            .data.k: sealed(7) -> sealed(7) by obsctl
    "#]],
    );
}

#[test]
fn a_field_of_a_person_is_taken_by_force_on_the_exact_version() {
    let scene = scaled("kubectl-edit", None);
    check(
        &scene.plan_with(|_| conflict("kubectl-edit", ".spec.replicas")),
        &expect![[r#"
        0 patch Deployment m/web: the last apply did not record it
            apply as obsctl if exact, forced
            .spec.replicas: 5 -> 2 by kubectl-edit (taken from kubectl-edit)
    "#]],
    );
}

#[test]
fn a_field_of_a_controller_is_left_without_a_request() {
    let scene = scaled("kube-controller-manager", Some("scale"));
    let plan = scene.plan_with(|_| panic!("nobody is asked"));
    check(
        &plan,
        &expect![[r#"
        unchanged Deployment m/web
    "#]],
    );
}

#[test]
fn a_conflict_with_a_controller_that_was_not_seen_before_is_yielded_too() {
    let mut scene = scaled("someone", None);
    scene.policy.conflicts = vec![ConflictRule {
        id: "x".into(),
        manager: Some("some*".into()),
        kind: None,
        field: Some(".spec.rep*".into()),
        decision: ConflictDecision::Yield,
    }];
    let plan = scene.plan_with(|_| panic!("the rule is known before"));
    check(
        &plan,
        &expect![[r#"
        unchanged Deployment m/web
    "#]],
    );
}

#[test]
fn an_unknown_manager_holds_the_object_until_the_policy_decides() {
    let scene = scaled("mystery", None);
    check(
        &scene.plan_with(|_| conflict("\"mystery\" using apps/v1", ".spec.replicas")),
        &expect![[r#"
        held! conflict Deployment m/web: .spec.replicas is owned by mystery, and no rule says whether to take or to yield
            fix: add to the environment's policy.conflicts: {id: web, manager: mystery, kind: Deployment, field: '.spec.replicas', decision: take}, or decision: yield
            .spec.replicas: 5 -> 2 by mystery (undecided)
    "#]],
    );
}

#[test]
fn equal_quantities_are_forced_without_a_word() {
    let quota =
        "apiVersion: v1\nkind: ResourceQuota\nmetadata: {name: q, namespace: m}\nspec: {hard: {cpu: '2'}}";
    let mut scene = Scene::wanting(quota);
    let mut body = labelled(documents(quota).remove(0), "mon");
    body.tree_mut()["spec"]["hard"]["cpu"] = "2000m".into();
    let mut ours = entry("obsctl", &body, &scene.schemas);
    ours.fields =
        r#"{"f:metadata":{"f:labels":{"f:obsctl.dev/environment":{},"f:obsctl.dev/stack":{}}}}"#.into();
    scene.put(body, vec![ours]);
    let asked = std::cell::Cell::new(false);
    let plan = scene.plan_with(|_| {
        asked.set(true);
        conflict("mystery", ".spec.hard.cpu")
    });
    assert!(asked.get() && !plan.is_blocked());
}

#[test]
fn objects_of_foreign_owners_are_refused_unless_adopted() {
    let owned = CONFIG.replace(
        "namespace: m}",
        "namespace: m, annotations: {argocd.argoproj.io/tracking-id: 'shop:/ConfigMap:m/a'}}",
    );
    let mut scene = Scene::wanting(CONFIG);
    scene.there(&owned, "argocd-controller");
    let refused = scene.plan();
    scene.policy.adopt_foreign = true;
    let adopted = scene.plan();
    expect![[r#"
        held! conflict ConfigMap m/a: it is managed by Argo CD application shop: two reconcilers would fight over it
            fix: take it out of the other tool or out of this stack; to take it over, set policy.adoptForeign: true in the environment

        0 adopt ConfigMap m/a: taken over from Argo CD application shop
            apply as obsctl if exact
    "#]].assert_eq(&format!("{}\n{}", tell(&refused), tell(&adopted)));
}

#[test]
fn an_object_that_nobody_claims_is_adopted_with_what_kubectl_owned() {
    let mut scene = Scene::wanting(CONFIG);
    scene.there(&CONFIG.replace("k: git", "k: old, extra: x"), "kubectl-client-side-apply");
    check(
        &scene.plan_with(|_| conflict("kubectl-client-side-apply", ".data.k")),
        &expect![[r#"
        0 adopt ConfigMap m/a: nobody's inventory names it
            apply as obsctl if exact, forced, ownership moved first
            .data.k: "old" -> "git" by kubectl-client-side-apply (taken from kubectl-client-side-apply)
            .data.extra: "x" -> - by kubectl-client-side-apply (not declared: goes with the take-over)
    "#]],
    );
}

#[test]
fn an_object_moves_between_stacks_of_an_environment_but_is_never_owned_by_two() {
    let mut scene = Scene::wanting(CONFIG);
    let theirs = labelled(documents(CONFIG).remove(0), "other");
    let managed = vec![entry("obsctl", &theirs, &scene.schemas)];
    let id = scene.put(theirs, managed);
    let moved = scene.plan();
    scene.around.declared.insert(id, ["other".to_owned()].into());
    expect![[r#"
        0 handover ConfigMap m/a: moved here from stack other, which declares it no more
            apply as obsctl if exact

        held! conflict ConfigMap m/a: stack other of this environment declares it too and owns it
            fix: take it out of one of the stacks mon and other
    "#]]
    .assert_eq(&format!("{}\n{}", tell(&moved), tell(&scene.plan())));
}

#[test]
fn a_copied_label_proves_no_ownership() {
    let mut scene = Scene::wanting(CONFIG);
    let copied = labelled(documents(CONFIG).remove(0), "other");
    let managed = vec![entry("endpoint-controller", &copied, &scene.schemas)];
    scene.put(copied, managed);
    assert_eq!(scene.plan().summary().adopt, 1);
}

#[test]
fn replicas_dropped_from_git_are_handed_over_and_not_reset() {
    let mut scene = Scene::wanting(&WEB.replace("replicas: 2, ", ""));
    scene.there(WEB, "obsctl");
    check(
        &scene.plan(),
        &expect![[r#"
        0 handover Deployment m/web: gives up .spec.replicas without changing it
            apply as obsctl if exact, ownership moved first
    "#]],
    );
}

#[test]
fn ignored_fields_are_neither_compared_nor_applied() {
    let mut scene = Scene::wanting(CONFIG);
    scene.policy.ignore_fields = vec![IgnoredField {
        id: "k".into(),
        kind: Some("Config*".into()),
        name: None,
        pointer: "/data/k".into(),
        reason: "theirs".into(),
    }];
    let live = CONFIG.replace("\ndata: {k: git}", "");
    scene.there(&live, "obsctl");
    check(
        &scene.plan(),
        &expect![[r#"
        unchanged ConfigMap m/a
    "#]],
    );
}

const IMMUTABLE: &str = "updates to statefulset spec for fields other than 'replicas' are forbidden";

fn stateful(annotation: &str) -> Scene {
    let set = format!("apiVersion: apps/v1
kind: StatefulSet
metadata: {{name: db, namespace: m{annotation}}}
spec: {{serviceName: db, selector: {{matchLabels: {{a: b}}}}, template: {{metadata: {{labels: {{a: b}}}}, spec: {{containers: [{{name: c, image: i}}]}}}}}}");
    let mut scene = Scene::wanting(&set);
    scene.there(&set.replace("serviceName: db", "serviceName: old"), "obsctl");
    scene
}

#[test]
fn an_immutable_field_is_held_with_its_recipe_and_replaced_only_where_allowed() {
    let answer = |_: &_| refusal(422, "invalid", &[("spec", IMMUTABLE)]);
    let mut scene = stateful("");
    let held = scene.plan_with(answer);
    scene.policy.allow_replace = vec!["StatefulSet".into()];
    let replaced = scene.plan_with(answer);
    expect![[r#"
        held! immutable StatefulSet m/db: spec cannot change without making it anew
            fix: the StatefulSet is deleted with its Pods kept and made anew, which then takes them over; volumes already made keep their size and class: allow it with policy.allowReplace: [StatefulSet] in the environment, or annotate the object obsctl.dev/replace: "true"
            .spec.serviceName: "old" -> "db" by obsctl (cannot change in place)

        0 replace StatefulSet m/db: spec cannot change ~ a replacement cannot be tried in a dry-run
            replace if exact, Orphan
            .spec.serviceName: "old" -> "db" by obsctl (cannot change in place)
            => deletes StatefulSet m/db and makes it anew; its Pods are kept
    "#]].assert_eq(&format!("{}\n{}", tell(&held), tell(&replaced)));
}

#[test]
fn protection_forbids_a_replacement_and_a_wrong_uid_is_stale_not_immutable() {
    let mut scene = stateful(", annotations: {obsctl.dev/protect: 'true'}");
    scene.policy.allow_replace = vec!["StatefulSet".into()];
    let protected = scene.plan_with(|_| refusal(422, "invalid", &[("spec", IMMUTABLE)]));
    let stale = scene.plan_with(|_| refusal(422, "invalid", &[("metadata.uid", "field is immutable")]));
    expect![[r#"
        held! immutable StatefulSet m/db: spec cannot change, and obsctl.dev/protect forbids making it anew
            fix: take the annotation off first
            .spec.serviceName: "old" -> "db" by obsctl (cannot change in place)

        held! unreadable StatefulSet m/db: somebody deleted it and made it anew while the plan was made
            fix: run again
    "#]]
    .assert_eq(&format!("{}\n{}", tell(&protected), tell(&stale)));
}

#[test]
fn a_generic_422_is_a_mistake_in_the_object_and_a_broken_webhook_an_estimate() {
    let scene = Scene::wanting(CONFIG);
    let wrong = scene
        .plan_with(|_| refusal(422, "data: Too long", &[("data", "Too long: must have at most 5 bytes")]));
    let webhook = scene.plan_with(|_| {
        refusal(500, "Internal error occurred: failed calling webhook \"check.example.com\": no route", &[])
    });
    let quota = scene.plan_with(|_| refusal(403, "exceeded quota: q", &[]));
    expect![[r#"
        held! refused ConfigMap m/a: the API server refuses it (422): data: Too long (data: Too long: must have at most 5 bytes)
            fix: change the object: the mistake is in the object

        0 create ConfigMap m/a: it does not exist ~ webhook check.example.com does not answer
            apply as obsctl if absent
            .data.k: "git"

        held! refused ConfigMap m/a: the API server refuses it (403): exceeded quota: q
            fix: a quota, an admission policy, PodSecurity or missing rights refuse it: change the object, or ask who runs the cluster
    "#]].assert_eq(&format!("{}\n{}\n{}", tell(&wrong), tell(&webhook), tell(&quota)));
}

#[test]
fn an_object_being_deleted_and_an_unreadable_one_are_held() {
    let mut scene = Scene::wanting(CONFIG);
    let mut body: Body = labelled(documents(CONFIG).remove(0), "mon");
    body.tree_mut()["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z".into();
    body.tree_mut()["metadata"]["finalizers"] = serde_json::json!(["example.com/keep"]);
    let id = scene.put(body, Vec::new());
    let deleted = tell(&scene.plan());
    scene.live.objects.insert(id, crate::model::Observed::Unreadable("403".into()));
    expect![[r#"
        held! missing ConfigMap m/a: it is being deleted and waits for finalizer example.com/keep
            fix: wait until it is gone, then run again

        held! unreadable ConfigMap m/a: it could not be read: 403
    "#]]
    .assert_eq(&format!("{deleted}\n{}", tell(&scene.plan())));
}

#[test]
fn without_the_right_to_dry_run_changes_are_estimated_by_our_own_merge() {
    let mut scene = Scene::wanting(CONFIG);
    scene.there(&CONFIG.replace("k: git", "k: live, dropped: x"), "obsctl");
    let context = scene.context();
    let id = documents(CONFIG).remove(0).id();
    let mut inquiry = crate::plan::Inquiry::open(&context, &id);
    inquiry.estimate("user ci may not patch configmaps in m");
    check(
        &crate::plan::conclude(&context, vec![inquiry]),
        &expect![[r#"
        0 patch ConfigMap m/a: the last apply did not record it ~ user ci may not patch configmaps in m
            apply as obsctl if uid
            .data.k: "live" -> "git" by obsctl
            .data.dropped: "x" -> - by obsctl
    "#]],
    );
}

#[test]
fn without_the_right_to_dry_run_conflicts_are_known_as_well() {
    let estimated = |manager: &str| {
        let mut scene = Scene::wanting(CONFIG);
        let id = scene.there(&CONFIG.replace("k: git", "k: live"), manager);
        let context = scene.context();
        let mut inquiry = crate::plan::Inquiry::open(&context, &id);
        inquiry.estimate("user ci may not patch configmaps in m");
        tell(&crate::plan::conclude(&context, vec![inquiry]))
    };
    expect![[r#"
        0 adopt ConfigMap m/a: nobody's inventory names it ~ user ci may not patch configmaps in m
            apply as obsctl if exact, forced
            .data.k: "live" -> "git" by kubectl-edit (taken from kubectl-edit)

        held! conflict ConfigMap m/a: .data.k is owned by mystery, and no rule says whether to take or to yield
            fix: add to the environment's policy.conflicts: {id: a, manager: mystery, kind: ConfigMap, field: '.data.k', decision: take}, or decision: yield
            .data.k: "live" -> "git" by mystery (undecided)
    "#]].assert_eq(&format!("{}\n{}", estimated("kubectl-edit"), estimated("mystery")));
}
