//! A plan as JSON.

use serde::Serialize;

use crate::model::{Dependency, Plan, Step, Summary};

use super::{
    header::Header,
    json::{
        FieldJson, FindingJson, HoldJson, ObjectJson, OriginJson, SummaryJson, document, fields,
        strength_word, until_word,
    },
};

#[derive(Debug, Serialize)]
struct PlanJson<'a> {
    summary: SummaryJson,
    stacks: Vec<StackJson<'a>>,
    findings: Vec<FindingJson<'a>>,
}

#[derive(Debug, Serialize)]
struct StackJson<'a> {
    stack: &'a str,
    revision: Option<u64>,
    summary: SummaryJson,
    steps: Vec<StepJson<'a>>,
    holds: Vec<HoldJson<'a>>,
    left: Vec<LeftJson<'a>>,
    notes: &'a [String],
}

/// A field of an unchanged object that is left to another manager: `before` stays, `after` is what git declares.
#[derive(Debug, Serialize)]
struct LeftJson<'a> {
    object: ObjectJson<'a>,
    field: FieldJson<'a>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct StepJson<'a> {
    action: &'static str,
    object: ObjectJson<'a>,
    origin: Option<OriginJson<'a>>,
    reason: &'a str,
    estimated: Option<&'a str>,
    fields: Vec<FieldJson<'a>>,
    depends_on: Vec<DependencyJson<'a>>,
    effects: &'a [String],
}

/// `step` counts from 0 in the steps of the same stack.
#[derive(Debug, Serialize)]
struct DependencyJson<'a> {
    step: usize,
    until: &'static str,
    strength: &'static str,
    because: &'a str,
}

/// The plans of one environment as one JSON object.
pub fn plan_json(plans: &[Plan], header: &Header) -> String {
    let total = plans.iter().fold(Summary::default(), |sum, plan| sum.plus(plan.summary()));
    let rest = PlanJson {
        summary: total.into(),
        stacks: plans.iter().map(stack).collect(),
        findings: plans.iter().flat_map(|plan| &plan.findings).map(FindingJson::from).collect(),
    };
    document("Plan", Some(header), rest)
}

fn stack(plan: &Plan) -> StackJson<'_> {
    StackJson {
        stack: &plan.target.stack,
        revision: plan.revision,
        summary: plan.summary().into(),
        steps: plan.steps.iter().map(step).collect(),
        holds: plan.holds.iter().map(HoldJson::from).collect(),
        left: left(plan),
        notes: &plan.notes,
    }
}

fn left(plan: &Plan) -> Vec<LeftJson<'_>> {
    let all = plan.left.iter().flat_map(|(object, fields)| fields.iter().map(move |field| (object, field)));
    all.map(|(object, field)| LeftJson { object: ObjectJson::of(object), field: FieldJson::from(field) })
        .collect()
}

fn step(step: &Step) -> StepJson<'_> {
    StepJson {
        action: step.action.word(),
        object: ObjectJson::new(&step.api_version, &step.object),
        origin: step.origin.as_ref().map(OriginJson::from),
        reason: &step.reason,
        estimated: step.estimated.as_deref(),
        fields: fields(&step.fields),
        depends_on: step.depends_on.iter().map(dependency).collect(),
        effects: &step.effects,
    }
}

fn dependency(edge: &Dependency) -> DependencyJson<'_> {
    DependencyJson {
        step: edge.on,
        until: until_word(edge.until),
        strength: strength_word(edge.strength),
        because: &edge.because,
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect_file;
    use serde_json::Value;

    use super::*;
    use crate::report::samples::{full, header};

    #[test]
    fn a_plan_is_one_json_object_of_the_documented_form() {
        let text = plan_json(&[full()], &header());
        expect_file!["goldens/plan.json"].assert_eq(&text);
        let tree: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(tree["kind"], "Plan");
        assert_eq!(tree["stacks"][0]["steps"][3]["fields"][0]["before"]["bytes"], 12);
        assert_eq!(tree["stacks"][0]["steps"][1]["dependsOn"][0]["until"], "ready");
    }
}
