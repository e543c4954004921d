//! What requests do to objects.

use std::time::Duration;

use obsctl::sandbox::{Fault, Trouble};
use serde_json::{Value, json};

use super::hand::Hand;

const MAPS: &str = "/api/v1/namespaces/web/configmaps";
const DEPLOYMENTS: &str = "/apis/apps/v1/namespaces/web/deployments";

fn deployment(name: &str) -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name},
        "spec": {
            "replicas": 2, "selector": {"matchLabels": {"app": name}},
            "template": {"metadata": {"labels": {"app": name}}, "spec": {"containers": [{"name": "c", "image": "i:1"}]}},
        },
    })
}

fn widgets() -> Value {
    let schema = json!({"openAPIV3Schema": {"type": "object", "properties": {
        "spec": {"type": "object", "required": ["size"], "properties": {
            "size": {"type": "integer", "minimum": 1}, "color": {"type": "string", "default": "red"},
        }},
        "status": {"type": "object", "properties": {"ready": {"type": "boolean"}}},
    }}});
    let version = |name: &str, storage: bool| {
        json!({
            "name": name, "served": true, "storage": storage, "schema": schema, "subresources": {"status": {}},
            "additionalPrinterColumns": [{"name": "Size", "type": "integer", "jsonPath": ".spec.size"}],
        })
    };
    json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": "widgets.example.com"},
        "spec": {
            "group": "example.com", "scope": "Namespaced",
            "names": {"kind": "Widget", "plural": "widgets", "shortNames": ["wd"]},
            "versions": [version("v1", true), version("v1beta1", false)],
        },
    })
}

#[tokio::test]
async fn lists_go_on_where_they_ended_as_they_were_when_they_began() {
    let hand = Hand::new();
    hand.config_maps("web", &["a", "b", "c", "d"]).await;
    let first = hand.get(&format!("{MAPS}?limit=2")).await.was(200);
    assert_eq!(first["metadata"]["remainingItemCount"], 2);
    let token = first["metadata"]["continue"].as_str().expect("more");
    hand.delete(&format!("{MAPS}/c"), &Value::Null).await.was(200);
    hand.post(MAPS, &json!({"metadata": {"name": "e"}})).await.was(201);
    let rest = hand.get(&format!("{MAPS}?limit=5&continue={token}")).await.was(200);
    let names: Vec<&str> = rest["items"]
        .as_array()
        .expect("items")
        .iter()
        .map(|i| i["metadata"]["name"].as_str().unwrap_or_default())
        .collect();
    assert_eq!(names, ["c", "d"]);
    assert_eq!(rest["metadata"]["resourceVersion"], first["metadata"]["resourceVersion"]);
    let exact = format!(
        "{MAPS}?resourceVersionMatch=Exact&resourceVersion={}",
        first["metadata"]["resourceVersion"].as_str().expect("a version")
    );
    assert_eq!(hand.get(&exact).await.was(200)["items"].as_array().map(Vec::len), Some(4));
    hand.get(&format!("{MAPS}?continue=nonsense")).await.was(400);
}

#[tokio::test]
async fn objects_are_shown_in_the_form_that_is_asked_for() {
    let hand = Hand::new();
    hand.config_maps("web", &["a", "b"]).await;
    let forms = |form: &str| format!("application/json;as={form};g=meta.k8s.io;v=v1,application/json");
    let (table, metadata, list) =
        (forms("Table"), forms("PartialObjectMetadata"), forms("PartialObjectMetadataList"));
    let shown = hand.send("GET", MAPS, &[("accept", &table)], &Value::Null).await.was(200);
    let names: Vec<&Value> =
        shown["columnDefinitions"].as_array().expect("columns").iter().map(|c| &c["name"]).collect();
    assert_eq!(names, ["Name", "Data", "Age"]);
    assert_eq!(shown["rows"][1]["cells"][0], "b");
    assert_eq!(shown["rows"][1]["object"]["kind"], "PartialObjectMetadata");
    let one = hand.send("GET", &format!("{MAPS}/a"), &[("accept", &metadata)], &Value::Null).await.was(200);
    assert_eq!((&one["kind"], &one["data"]), (&json!("PartialObjectMetadata"), &Value::Null));
    assert_eq!(one["metadata"]["labels"], json!({"name": "a"}));
    let all = hand.send("GET", MAPS, &[("accept", &list)], &Value::Null).await.was(200);
    assert_eq!(
        (&all["kind"], &all["items"][1]["metadata"]["name"]),
        (&json!("PartialObjectMetadataList"), &json!("b"))
    );
    let yaml = hand
        .send("GET", &format!("{MAPS}/a"), &[("accept", "application/yaml")], &Value::Null)
        .await
        .was(200);
    assert!(yaml.as_str().is_some_and(|text| text.contains("kind: ConfigMap\n")), "{yaml}");
    hand.send("GET", MAPS, &[("accept", "application/vnd.kubernetes.protobuf")], &Value::Null).await.was(406);
}

#[tokio::test]
async fn an_object_with_finalizers_goes_when_the_last_one_goes() {
    let hand = Hand::new();
    hand.config_maps("web", &[]).await;
    let object = json!({"metadata": {"name": "held", "finalizers": ["example.com/a", "example.com/b"]}});
    hand.post(MAPS, &object).await.was(201);
    let path = format!("{MAPS}/held");
    let going = hand.delete(&path, &Value::Null).await.was(200);
    assert!(going["metadata"]["deletionTimestamp"].is_string());
    assert_eq!(going["metadata"]["deletionGracePeriodSeconds"], 0);
    hand.patch("merge", &path, &json!({"metadata": {"finalizers": ["example.com/b", "example.com/new"]}}))
        .await
        .was(422);
    hand.patch("merge", &path, &json!({"metadata": {"finalizers": ["example.com/b"]}})).await.was(200);
    hand.patch("json", &path, &json!([{"op": "remove", "path": "/metadata/finalizers/0"}])).await.was(200);
    hand.get(&path).await.was(404);
}

#[tokio::test]
async fn strategic_patches_know_the_keys_of_lists_and_custom_kinds_take_none() {
    let hand = Hand::new();
    hand.config_maps("web", &[]).await;
    hand.post(DEPLOYMENTS, &deployment("d")).await.was(201);
    let patch = json!({"spec": {"template": {"spec": {"containers": [{"name": "c", "env": [{"name": "A", "value": "1"}]}, {"name": "side", "image": "s:1"}]}}}});
    let patched = hand.patch("strategic", &format!("{DEPLOYMENTS}/d"), &patch).await.was(200);
    let containers = patched.pointer("/spec/template/spec/containers").expect("containers");
    assert_eq!(
        (&containers[0]["image"], &containers[0]["env"][0]["value"], &containers[1]["name"]),
        (&json!("i:1"), &json!("1"), &json!("side"))
    );
    assert_eq!(patched["metadata"]["generation"], 2);
    hand.post("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", &widgets()).await.was(201);
    hand.post("/apis/example.com/v1/namespaces/web/widgets", &json!({"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "w"}, "spec": {"size": 1}})).await.was(201);
    hand.patch("strategic", "/apis/example.com/v1/namespaces/web/widgets/w", &json!({"spec": {"size": 2}}))
        .await
        .was(415);
}

#[tokio::test]
async fn custom_kinds_are_served_at_once_in_every_version_and_go_with_their_definition() {
    let hand = Hand::new();
    hand.config_maps("web", &[]).await;
    let definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
    hand.post(definitions, &widgets()).await.was(201);
    let crd = hand.get(&format!("{definitions}/widgets.example.com")).await.was(200);
    let conditions: Vec<(&Value, &Value)> = crd["status"]["conditions"]
        .as_array()
        .expect("conditions")
        .iter()
        .map(|c| (&c["type"], &c["status"]))
        .collect();
    assert_eq!(
        conditions,
        [(&json!("NamesAccepted"), &json!("True")), (&json!("Established"), &json!("True"))]
    );
    let collection = "/apis/example.com/v1/namespaces/web/widgets";
    let body = json!({"apiVersion": "example.com/v1", "kind": "Widget", "metadata": {"name": "w"}, "spec": {"size": 3, "zzz": 1}, "status": {"ready": true}});
    let made = hand.post(collection, &body).await;
    assert_eq!(made.warnings, ["299 - \"unknown field \\\"spec.zzz\\\"\""]);
    let made = made.was(201);
    assert_eq!(made["spec"], json!({"size": 3, "color": "red"}));
    assert_eq!((&made["status"], &made["metadata"]["generation"]), (&Value::Null, &json!(1)));
    let strict = hand.post(&format!("{collection}?fieldValidation=Strict"), &body).await.was(400);
    assert!(
        strict["message"]
            .as_str()
            .is_some_and(|m| m.contains("strict decoding error: unknown field \"spec.zzz\"")),
        "{strict}"
    );
    let small = hand.patch("merge", &format!("{collection}/w"), &json!({"spec": {"size": 0}})).await.was(422);
    assert!(small["message"].as_str().is_some_and(|m| m.contains("spec.size")), "{small}");
    let status = json!({"status": {"ready": true}, "spec": {"size": 9}});
    let told = hand.patch("merge", &format!("{collection}/w/status"), &status).await.was(200);
    assert_eq!(
        (&told["status"]["ready"], &told["spec"]["size"], &told["metadata"]["generation"]),
        (&json!(true), &json!(3), &json!(1))
    );
    let other = hand.get("/apis/example.com/v1beta1/namespaces/web/widgets/w").await.was(200);
    assert_eq!((&other["apiVersion"], &other["spec"]["size"]), (&json!("example.com/v1beta1"), &json!(3)));
    let table = hand
        .send("GET", collection, &[("accept", "application/json;as=Table;g=meta.k8s.io;v=v1")], &Value::Null)
        .await
        .was(200);
    assert_eq!(table["rows"][0]["cells"], json!(["w", 3]));
    let groups = hand.get("/apis").await.was(200);
    let group = groups["groups"]
        .as_array()
        .expect("groups")
        .iter()
        .find(|g| g["name"] == "example.com")
        .expect("served");
    assert_eq!(group["preferredVersion"]["version"], "v1");
    hand.delete(&format!("{definitions}/widgets.example.com"), &Value::Null).await.was(200);
    assert_eq!(hand.get(collection).await.was(404), json!("404 page not found\n"));
    hand.post(definitions, &widgets()).await.was(201);
    assert_eq!(hand.get(collection).await.was(200)["items"], json!([]));
}

#[tokio::test]
async fn discovery_and_documents_tell_the_same_kinds() {
    let hand = Hand::new();
    hand.post("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", &widgets()).await.was(201);
    let accept = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json";
    let all = hand.send("GET", "/apis", &[("accept", accept)], &Value::Null).await.was(200);
    assert_eq!(all["kind"], "APIGroupDiscoveryList");
    let group = all["items"]
        .as_array()
        .expect("groups")
        .iter()
        .find(|g| g["metadata"]["name"] == "example.com")
        .expect("told");
    assert_eq!(group["versions"][0]["resources"][0]["shortNames"], json!(["wd"]));
    let plain = hand.get("/apis/apps/v1").await.was(200);
    let names: Vec<&str> = plain["resources"]
        .as_array()
        .expect("resources")
        .iter()
        .map(|r| r["name"].as_str().unwrap_or_default())
        .collect();
    assert!(names.contains(&"deployments") && names.contains(&"deployments/scale"), "{names:?}");
    let index = hand.get("/openapi/v3").await.was(200);
    let mut set = obsctl::schema::SchemaSet::new();
    for path in ["apis/example.com/v1", "apis/apps/v1", "api/v1"] {
        let url =
            index["paths"][path]["serverRelativeURL"].as_str().unwrap_or_else(|| panic!("{path} is told"));
        let document = hand.get(url).await.was(200);
        set.add_openapi(document.to_string().as_bytes()).expect("a document");
    }
    for (version, kind) in [("example.com/v1", "Widget"), ("apps/v1", "Deployment"), ("v1", "Pod")] {
        let schema = set.of(&obsctl::model::Gvk::new(version, kind)).expect("known");
        assert!(schema.declares("spec") && schema.has_status() == Some(true), "{kind}");
    }
}

#[tokio::test]
async fn workloads_become_ready_and_what_they_made_goes_with_them() {
    let hand = Hand(Hand::new().0.alive());
    hand.config_maps("web", &[]).await;
    hand.post(DEPLOYMENTS, &deployment("d")).await.was(201);
    let path = format!("{DEPLOYMENTS}/d");
    let ready = hand.until(&path, |answer| answer.body["status"]["readyReplicas"] == 2).await;
    assert_eq!(ready.body["status"]["observedGeneration"], 1);
    let pods = "/api/v1/namespaces/web/pods";
    assert_eq!(hand.get(pods).await.was(200)["items"].as_array().map(Vec::len), Some(2));
    hand.patch("merge", &format!("{path}/scale"), &json!({"spec": {"replicas": 1}})).await.was(200);
    hand.until(pods, |answer| answer.body["items"].as_array().map(Vec::len) == Some(1)).await;
    hand.delete(&path, &json!({"propagationPolicy": "Foreground"})).await.was(200);
    hand.until(&path, |answer| answer.code == 404).await;
    assert_eq!(hand.get(pods).await.was(200)["items"], json!([]));
    hand.delete("/api/v1/namespaces/web", &Value::Null).await.was(200);
    hand.until("/api/v1/namespaces/web", |answer| answer.code == 404).await;
}

#[tokio::test]
async fn planned_faults_come_as_often_as_planned() {
    let hand = Hand(Hand::new().0.alive());
    hand.config_maps("web", &["c"]).await;
    let plan = |trouble: Trouble, times: u32| {
        hand.0.plan_fault(Fault {
            method: Some("GET".to_owned()),
            resource: Some("configmaps".to_owned()),
            name: Some("c".to_owned()),
            trouble,
            times,
        });
    };
    let path = format!("{MAPS}/c");
    plan(Trouble::Busy(3), 2);
    assert_eq!(hand.get(&path).await.was(429)["reason"], "TooManyRequests");
    hand.get(&path).await.was(429);
    hand.get(&path).await.was(200);
    plan(Trouble::Broken("etcd is away".to_owned()), 1);
    hand.get(&path).await.was(500);
    plan(Trouble::Conflict, 1);
    hand.get(&path).await.was(409);
    plan(Trouble::Slow(Duration::from_millis(80)), 1);
    let start = std::time::Instant::now();
    hand.get(&path).await.was(200);
    assert!(start.elapsed() >= Duration::from_millis(80));
    hand.0.plan_fault(Fault {
        method: None,
        resource: Some("deployments".to_owned()),
        name: Some("d".to_owned()),
        trouble: Trouble::NeverReady,
        times: 1,
    });
    hand.post(DEPLOYMENTS, &deployment("d")).await.was(201);
    hand.until("/api/v1/namespaces/web/pods", |answer| {
        answer.body["items"].as_array().map(Vec::len) == Some(2)
    })
    .await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    let stuck = hand.get(&format!("{DEPLOYMENTS}/d")).await.was(200);
    assert_eq!(stuck["status"]["readyReplicas"].as_u64().unwrap_or_default(), 0, "{}", stuck["status"]);
}

#[tokio::test]
async fn a_dropped_connection_leaves_the_write_done() {
    let hand = Hand::new();
    hand.config_maps("web", &[]).await;
    hand.0.plan_fault(Fault {
        method: Some("POST".to_owned()),
        resource: Some("configmaps".to_owned()),
        name: None,
        trouble: Trouble::Dropped,
        times: 1,
    });
    let request = http::Request::post(MAPS).header("content-type", "application/json");
    let body = bytes::Bytes::from(json!({"metadata": {"name": "c"}}).to_string());
    let response = hand.0.answer(request.body(body).expect("a request")).await;
    assert!(http_body_util::BodyExt::collect(response.into_body()).await.is_err(), "the answer breaks off");
    hand.get(&format!("{MAPS}/c")).await.was(200);
}

#[tokio::test]
async fn a_put_over_an_older_version_is_refused_and_one_that_changes_nothing_writes_nothing() {
    let hand = Hand::new();
    hand.config_maps("web", &["c"]).await;
    let path = format!("{MAPS}/c");
    let old = hand.get(&path).await.was(200);
    assert_eq!(hand.put(&path, &old).await.was(200), old);
    hand.patch("merge", &path, &json!({"data": {"a": "2"}})).await.was(200);
    let refused = hand.put(&path, &old).await.was(409);
    let words = "Operation cannot be fulfilled on configmaps \"c\": the object has been modified; please apply your \
                 changes to the latest version and try again";
    assert_eq!(refused["message"], words);
    hand.put(&format!("{MAPS}/other"), &old).await.was(400);
    let dry = hand
        .put(&format!("{path}?dryRun=All"), &json!({"metadata": {"name": "c"}, "data": {"a": "3"}}))
        .await
        .was(200);
    assert_eq!((&dry["data"]["a"], &hand.get(&path).await.was(200)["data"]["a"]), (&json!("3"), &json!("2")));
}

#[tokio::test]
async fn everybody_may_everything_and_reviews_say_so() {
    let hand = Hand::new();
    let review = json!({"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview", "spec": {"resourceAttributes": {"verb": "delete", "resource": "nodes"}}});
    let answer = hand.post("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", &review).await.was(201);
    assert_eq!(answer["status"]["allowed"], true);
    assert_eq!(hand.get("/readyz").await.was(200), json!("ok"));
    assert_eq!(hand.get("/version").await.was(200)["gitVersion"], "v1.36.0");
    hand.get("/apis/nothing.example.com/v1/things").await.was(404);
    hand.get("/api/v1/namespaces/default/things").await.was(404);
    hand.send("PATCH", "/api/v1/namespaces/default/configmaps", &[], &Value::Null).await.was(405);
}

#[tokio::test]
async fn one_autoscaler_is_read_and_written_in_both_versions() {
    let hand = Hand::new();
    hand.config_maps("web", &[]).await;
    let old = json!({
        "apiVersion": "autoscaling/v1", "kind": "HorizontalPodAutoscaler", "metadata": {"name": "h"},
        "spec": {"maxReplicas": 3, "targetCPUUtilizationPercentage": 70, "scaleTargetRef": {"kind": "Deployment", "name": "d", "apiVersion": "apps/v1"}},
    });
    let made = hand.post("/apis/autoscaling/v1/namespaces/web/horizontalpodautoscalers", &old).await.was(201);
    assert_eq!(made["spec"]["targetCPUUtilizationPercentage"], 70);
    let new = hand.get("/apis/autoscaling/v2/namespaces/web/horizontalpodautoscalers/h").await.was(200);
    assert_eq!(
        new["spec"]["metrics"][0]["resource"]["target"],
        json!({"type": "Utilization", "averageUtilization": 70})
    );
    assert_eq!(new["apiVersion"], "autoscaling/v2");
}
