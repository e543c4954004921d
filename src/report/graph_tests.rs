//! Graphs for other programs.

use expect_test::expect;

use super::*;
use crate::report::samples::id;

fn edges() -> Vec<GraphEdge> {
    let edge =
        |from, to, strength, because: &str| GraphEdge { from, to, strength, because: because.to_owned() };
    let deployment = || id("Deployment", Some("mlops"), "grafana");
    vec![
        edge(id("Namespace", None, "mlops"), deployment(), Strength::Hard, "stands in it"),
        edge(id("ConfigMap", Some("mlops"), "rules"), deployment(), Strength::Soft, "rules come first"),
        edge(id("Secret", Some("mlops"), "x"), deployment(), Strength::Explicit, "the \"user\" wrote it"),
    ]
}

#[test]
fn mermaid_draws_strength_by_the_arrow() {
    let alone = [id("Service", Some("mlops"), "alone")];
    expect![[r#"
        flowchart LR
          n0["ConfigMap<br>mlops/rules"]
          n1["Namespace<br>mlops"]
          n2["Secret<br>mlops/x"]
          n3["Service<br>mlops/alone"]
          n4["Deployment<br>mlops/grafana"]
          n0 -.->|"rules come first"| n4
          n1 -->|"stands in it"| n4
          n2 ==>|"the #quot;user#quot; wrote it"| n4
    "#]]
    .assert_eq(&graph_mermaid(&alone, &edges()));
}

#[test]
fn dot_draws_strength_by_the_line() {
    expect![[r#"
        digraph obsctl {
          rankdir=LR;
          node [shape=box, fontname="sans-serif"];
          n0 [label="ConfigMap\nmlops/rules"];
          n1 [label="Namespace\nmlops"];
          n2 [label="Secret\nmlops/x"];
          n3 [label="Deployment\nmlops/grafana"];
          n0 -> n3 [style=dashed, tooltip="rules come first", class="soft"];
          n1 -> n3 [style=solid, tooltip="stands in it", class="hard"];
          n2 -> n3 [style=bold, tooltip="the \"user\" wrote it", class="explicit"];
        }
    "#]]
    .assert_eq(&graph_dot(&[], &edges()));
}
