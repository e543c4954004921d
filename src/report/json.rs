//! The JSON forms that programs read (design 4): own structs, to which fields are only ever added.

use serde::Serialize;
use serde_json::Value;

use crate::model::{
    FieldChange, Finding, Hold, LeftField, ObjectId, Origin, Place, Problem, Severity, Shown, Strength,
    Summary, Until,
};

use super::{header::Header, style::severity_word};

/// What every JSON form begins with.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Envelope<'a, T: Serialize> {
    api_version: &'static str,
    kind: &'static str,
    #[serde(skip_serializing_if = "str::is_empty")]
    environment: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    cluster: Option<ClusterJson<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    commit: Option<CommitJson<'a>>,
    #[serde(flatten)]
    rest: T,
}

#[derive(Debug, Serialize)]
struct ClusterJson<'a> {
    context: &'a str,
    identity: &'a str,
    server: &'a str,
    user: &'a str,
    version: &'a str,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    remarks: &'a [String],
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct CommitJson<'a> {
    id: Option<&'a str>,
    dirty: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pending: Option<usize>,
}

/// One JSON object with the header's facts, as text with a line end.
pub(super) fn document<T: Serialize>(kind: &'static str, header: Option<&Header>, rest: T) -> String {
    let asked = header.filter(|header| !header.cluster.context.is_empty());
    let envelope = Envelope {
        api_version: "obsctl.dev/v1alpha1",
        kind,
        environment: header.map_or("", |header| &header.environment),
        cluster: asked.map(|header| ClusterJson {
            context: &header.cluster.context,
            identity: &header.cluster.identity,
            server: &header.cluster.server,
            user: &header.cluster.user,
            version: &header.cluster.version,
            remarks: &header.cluster.remarks,
        }),
        commit: header.map(|header| CommitJson {
            id: header.commit.id.as_deref(),
            dirty: header.commit.dirty,
            pending: header.pending_commits,
        }),
        rest,
    };
    // Every key is a string and no value has a serializer of its own, so this cannot fail.
    serde_json::to_string_pretty(&envelope).unwrap_or_default() + "\n"
}

/// Counts of a plan.
#[derive(Debug, Serialize)]
pub(super) struct SummaryJson {
    create: usize,
    patch: usize,
    ownership: usize,
    replace: usize,
    adopt: usize,
    handover: usize,
    prune: usize,
    release: usize,
    unchanged: usize,
    held: usize,
}

impl From<Summary> for SummaryJson {
    fn from(summary: Summary) -> Self {
        let Summary { create, patch, ownership, replace, adopt, handover, prune, release, unchanged, held } =
            summary;
        Self { create, patch, ownership, replace, adopt, handover, prune, release, unchanged, held }
    }
}

/// Which object; no `apiVersion` where only its group is known.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ObjectJson<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    api_version: Option<&'a str>,
    group: &'a str,
    kind: &'a str,
    namespace: Option<&'a str>,
    name: &'a str,
}

impl<'a> ObjectJson<'a> {
    /// An object at a version.
    pub(super) fn new(api_version: &'a str, id: &'a ObjectId) -> Self {
        Self { api_version: Some(api_version), ..Self::of(id) }
    }

    /// An object of which no version is known.
    pub(super) fn of(id: &'a ObjectId) -> Self {
        Self {
            api_version: None,
            group: &id.group,
            kind: &id.kind,
            namespace: id.namespace.as_deref(),
            name: &id.name,
        }
    }
}

/// Where an object comes from.
#[derive(Debug, Serialize)]
pub(super) struct OriginJson<'a> {
    file: &'a str,
    line: u32,
    source: &'a str,
}

impl<'a> From<&'a Origin> for OriginJson<'a> {
    fn from(origin: &'a Origin) -> Self {
        Self { file: &origin.place.file, line: origin.place.line, source: origin.source }
    }
}

/// One changed field. A missing `before` or `after` means that there is none.
#[derive(Debug, Serialize)]
pub(super) struct FieldJson<'a> {
    path: String,
    /// Whether `before` and `after` are `{bytes, digest}` of a secret and not its value.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    sealed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<ValueJson<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<ValueJson<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    manager: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    subresource: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    time: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<&'a str>,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum ValueJson<'a> {
    Plain(&'a Value),
    Sealed { bytes: usize, digest: Option<&'a str> },
}

impl<'a> ValueJson<'a> {
    fn new(shown: &'a Shown) -> Option<Self> {
        match shown {
            Shown::Absent => None,
            Shown::Plain(value) => Some(Self::Plain(value)),
            Shown::Sealed { length, digest } => {
                Some(Self::Sealed { bytes: *length, digest: digest.as_deref() })
            }
        }
    }
}

impl<'a> From<&'a FieldChange> for FieldJson<'a> {
    fn from(change: &'a FieldChange) -> Self {
        let sealed = |shown: &Shown| matches!(shown, Shown::Sealed { .. });
        let writer = change.writer.as_ref();
        Self {
            path: change.path.to_string(),
            sealed: sealed(&change.values.before) || sealed(&change.values.after),
            before: ValueJson::new(&change.values.before),
            after: ValueJson::new(&change.values.after),
            manager: writer.map(|writer| writer.manager.as_str()),
            subresource: writer.and_then(|writer| writer.subresource.as_deref()),
            time: writer.and_then(|writer| writer.time.as_deref()),
            note: change.note.as_deref(),
        }
    }
}

impl<'a> From<&'a LeftField> for FieldJson<'a> {
    fn from(left: &'a LeftField) -> Self {
        let sealed = |shown: &Shown| matches!(shown, Shown::Sealed { .. });
        Self {
            path: left.path.to_string(),
            sealed: sealed(&left.live) || sealed(&left.git),
            before: ValueJson::new(&left.live),
            after: ValueJson::new(&left.git),
            manager: Some(&left.writer.manager),
            subresource: left.writer.subresource.as_deref(),
            time: left.writer.time.as_deref(),
            note: Some("left to its manager"),
        }
    }
}

/// All fields of a change.
pub(super) fn fields(changes: &[FieldChange]) -> Vec<FieldJson<'_>> {
    changes.iter().map(FieldJson::from).collect()
}

/// What is held back.
#[derive(Debug, Serialize)]
pub(super) struct HoldJson<'a> {
    sort: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    object: Option<ObjectJson<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    origin: Option<OriginJson<'a>>,
    reason: &'a str,
    fix: Option<&'a str>,
    blocking: bool,
    fields: Vec<FieldJson<'a>>,
}

impl<'a> From<&'a Hold> for HoldJson<'a> {
    fn from(hold: &'a Hold) -> Self {
        Self {
            sort: hold.sort.word(),
            object: hold.object.as_ref().map(ObjectJson::of),
            origin: hold.origin.as_ref().map(OriginJson::from),
            reason: &hold.reason,
            fix: hold.fix.as_deref(),
            blocking: hold.blocking,
            fields: fields(&hold.fields),
        }
    }
}

/// Something noticed, or a mistake.
#[derive(Debug, Serialize)]
pub(super) struct FindingJson<'a> {
    id: &'a str,
    severity: &'static str,
    object: Option<&'a str>,
    path: Option<&'a str>,
    file: Option<&'a str>,
    line: Option<u32>,
    column: Option<u32>,
    message: &'a str,
    fix: Option<&'a str>,
}

impl<'a> FindingJson<'a> {
    fn placed(place: Option<&'a Place>, message: &'a str, fix: Option<&'a str>) -> Self {
        let number = |n: u32| (n > 0).then_some(n);
        Self {
            id: "mistake",
            severity: severity_word(Severity::Error),
            object: None,
            path: None,
            file: place.map(|place| &*place.file),
            line: place.and_then(|place| number(place.line)),
            column: place.and_then(|place| number(place.column)),
            message,
            fix,
        }
    }
}

impl<'a> From<&'a Finding> for FindingJson<'a> {
    fn from(finding: &'a Finding) -> Self {
        Self {
            id: finding.id,
            severity: severity_word(finding.severity),
            object: finding.object.as_deref(),
            ..Self::placed(finding.place.as_ref(), &finding.message, finding.fix.as_deref())
        }
    }
}

impl<'a> From<&'a Problem> for FindingJson<'a> {
    fn from(problem: &'a Problem) -> Self {
        Self::placed(Some(&problem.place), &problem.message, problem.help.as_deref())
    }
}

/// The word of an edge's strength.
pub(super) fn strength_word(strength: Strength) -> &'static str {
    match strength {
        Strength::Soft => "soft",
        Strength::Hard => "hard",
        Strength::Explicit => "explicit",
    }
}

/// The word of how long an edge holds back.
pub(super) fn until_word(until: Until) -> &'static str {
    match until {
        Until::Written => "written",
        Until::Ready => "ready",
    }
}
