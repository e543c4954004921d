//! Planned faults: what a test wants to go wrong, and how often.

use std::time::Duration;

use super::api::{Route, Target};

/// What goes wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// 429 with `Retry-After`, in seconds.
    Busy(u64),
    /// 500 with these words.
    Broken(String),
    /// The answer comes this late.
    Slow(Duration),
    /// The request is carried out and the connection ends before the answer.
    Dropped,
    /// 409 as if somebody had written in between.
    Conflict,
    /// Workloads that are meant never become ready.
    NeverReady,
}

/// A fault and the requests that meet it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// HTTP method in capitals, such as `PATCH`; none means any.
    pub method: Option<String>,
    /// Plural name of the resource; none means any.
    pub resource: Option<String>,
    /// Name of the object; none means any, and requests without a name.
    pub name: Option<String>,
    /// What goes wrong.
    pub trouble: Trouble,
    /// How many requests meet it before it is over; `NeverReady` is never over.
    pub times: u32,
}

impl Fault {
    fn meets(&self, method: &str, target: &Target) -> bool {
        let fits = |wanted: &Option<String>, is: Option<&str>| {
            wanted.as_deref().is_none_or(|wanted| Some(wanted) == is)
        };
        fits(&self.method, Some(method))
            && fits(&self.resource, Some(&target.plural))
            && fits(&self.name, target.name.as_deref())
    }
}

/// The faults that are yet to come.
#[derive(Debug, Default)]
pub(super) struct Faults {
    planned: Vec<Fault>,
}

impl Faults {
    pub(super) fn plan(&mut self, fault: Fault) {
        self.planned.push(fault);
    }

    pub(super) fn clear(&mut self) {
        self.planned.clear();
    }

    /// The fault that a request meets, counted off.
    pub(super) fn met(&mut self, method: &str, path: &str) -> Option<Trouble> {
        if self.planned.is_empty() {
            return None;
        }
        let Route::Objects(target) = Route::of(path) else { return None };
        let meets = |fault: &&mut Fault| {
            fault.times > 0 && fault.trouble != Trouble::NeverReady && fault.meets(method, &target)
        };
        let fault = self.planned.iter_mut().find(meets)?;
        fault.times -= 1;
        Some(fault.trouble.clone())
    }

    /// Whether a pod is planned never to become ready: by its own name, or by that of its workload, which it begins with.
    pub(super) fn never_ready(&self, pod: &str) -> bool {
        let meant =
            |name: &str| pod.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'));
        let mut planned = self.planned.iter().filter(|fault| fault.trouble == Trouble::NeverReady);
        planned.any(|fault| fault.name.as_deref().is_none_or(meant))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_met_as_often_as_planned_by_the_requests_it_names() {
        let mut faults = Faults::default();
        faults.plan(Fault {
            method: Some("PATCH".to_owned()),
            resource: Some("configmaps".to_owned()),
            name: Some("c".to_owned()),
            trouble: Trouble::Busy(1),
            times: 2,
        });
        let path = "/api/v1/namespaces/web/configmaps/c";
        assert_eq!(faults.met("GET", path), None);
        assert_eq!(faults.met("PATCH", "/api/v1/namespaces/web/configmaps/d"), None);
        assert_eq!(faults.met("PATCH", path), Some(Trouble::Busy(1)));
        assert_eq!(faults.met("PATCH", path), Some(Trouble::Busy(1)));
        assert_eq!(faults.met("PATCH", path), None);
    }

    #[test]
    fn never_ready_is_asked_by_controllers_and_met_by_no_request() {
        let mut faults = Faults::default();
        faults.plan(Fault {
            method: None,
            resource: Some("deployments".to_owned()),
            name: Some("web".to_owned()),
            trouble: Trouble::NeverReady,
            times: 1,
        });
        assert_eq!(faults.met("PATCH", "/apis/apps/v1/namespaces/x/deployments/web"), None);
        assert!(faults.never_ready("web-5d4f-x2"));
        assert!(!faults.never_ready("webhook-1"));
    }
}
