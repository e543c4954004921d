//! Approval: only what somebody said yes to is carried out.

use super::{planning::Planned, trouble::Trouble};
use crate::model::{Finding, Hold, Severity, TargetId};

/// A plan that was approved; there is no other way to [`super::execute`].
#[derive(Debug, Clone)]
pub(super) struct Approved(Planned);

impl Approved {
    pub(super) fn into_planned(self) -> Planned {
        self.0
    }

    pub(super) fn target(&self) -> &TargetId {
        &self.0.plan.target
    }

    pub(super) fn has_work(&self) -> bool {
        self.0.has_work()
    }
}

/// Lets plans through that nothing blocks and that `yes` approves.
///
/// # Errors
/// [`Trouble::Blocked`] where a hold or finding blocks; whatever `ask` refuses with.
pub(super) fn approve(
    plans: Vec<Planned>,
    ask: &mut dyn FnMut(&[Planned]) -> Result<(), Trouble>,
) -> Result<Vec<Approved>, Trouble> {
    blocked(&plans)?;
    ask(&plans)?;
    Ok(plans.into_iter().map(Approved).collect())
}

/// What blocks the plans, if anything does.
pub fn blocked(plans: &[Planned]) -> Result<(), Trouble> {
    let holds: Vec<&Hold> =
        plans.iter().flat_map(|planned| &planned.plan.holds).filter(|hold| hold.blocking).collect();
    let findings: Vec<&Finding> = plans
        .iter()
        .flat_map(|planned| &planned.plan.findings)
        .filter(|finding| finding.severity == Severity::Error)
        .collect();
    let (holds, findings) = (holds.as_slice(), findings.as_slice());
    if holds.is_empty() && findings.is_empty() {
        return Ok(());
    }
    let words = |count: usize, one: &str, many: &str| match count {
        0 => None,
        1 => Some(format!("1 {one}")),
        n => Some(format!("{n} {many}")),
    };
    let parts = [words(holds.len(), "hold", "holds"), words(findings.len(), "finding", "findings")];
    let counted = parts.into_iter().flatten().collect::<Vec<_>>().join(" and ");
    Err(Trouble::Blocked {
        message: format!("the plan is blocked by {counted}: nothing was written"),
        hint: holds
            .iter()
            .find_map(|hold| hold.fix.clone())
            .or_else(|| findings.iter().find_map(|f| f.fix.clone())),
    })
}
