//! The decision about one object: what is known without asking, what is asked, what the answer means.

use std::sync::Arc;

use crate::model::{
    Action, Answer, Body, FieldChange, FieldPath, Hold, HoldSort, LeftField, LiveObject, ObjectId,
    Precondition, Question, Step, Wanted,
};

use super::{accepted, context::Context, estimate, opening, refused, rivals};

/// What came out for one object.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Verdict {
    /// Something is written; what goes first is found later.
    Step(Box<Step>),
    /// Nothing is to be written; these fields are left to others.
    Unchanged(Vec<LeftField>),
    /// Nothing is done, for a reason.
    Held(Box<Hold>),
}

/// What is decided so far about an object that the server is asked about.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Case {
    /// What is sent: the wanted object less ignored and yielded fields.
    pub(crate) body: Body,
    /// The object that is there.
    pub(crate) live: Option<Arc<LiveObject>>,
    /// What a write would be called if it changed fields.
    pub(crate) action: Action,
    /// Why, in a few words.
    pub(crate) reason: String,
    /// Field manager.
    pub(crate) manager: String,
    /// Whether conflicts are overruled.
    pub(crate) force: bool,
    /// Fields taken from others, as the server prints them, with a note.
    pub(crate) taken: Vec<(String, String)>,
    /// Fields left to others.
    pub(crate) yielded: Vec<LeftField>,
    /// Fields that we own and give up without touching the value.
    pub(crate) disowned: Vec<FieldPath>,
    /// Fields that get back the values from before we took them.
    pub(crate) restored: Vec<FieldChange>,
    /// RFC 6902 operations that give those values back, carried out with the edits.
    pub(crate) values: Vec<serde_json::Value>,
    /// Edits of `managedFields` to be carried out first.
    pub(crate) edits: Vec<serde_json::Value>,
    /// How often the server was asked.
    pub(crate) rounds: u8,
}

impl Case {
    /// Whether the write stands on the exact version it was decided on (rules 2).
    pub(crate) fn is_exact(&self) -> bool {
        self.force
            || !self.edits.is_empty()
            || !self.disowned.is_empty()
            || matches!(self.action, Action::Adopt | Action::Handover)
    }

    /// What must still hold when the write arrives.
    pub(crate) fn precondition(&self) -> Precondition {
        match &self.live {
            None => Precondition::Absent,
            Some(live) if self.is_exact() => exact(live),
            Some(live) => Precondition::Uid(live.uid.clone()),
        }
    }
}

/// The object is the same and nobody wrote to it since.
pub(crate) fn exact(live: &LiveObject) -> Precondition {
    Precondition::Exact { uid: live.uid.clone(), resource_version: live.resource_version.clone() }
}

#[derive(Debug, Clone, PartialEq)]
enum State {
    Asking(Box<Case>),
    Settled(Verdict),
}

/// The decision about one object, made in rounds of question and answer.
pub struct Inquiry<'c> {
    context: &'c Context<'c>,
    id: ObjectId,
    state: State,
}

impl<'c> Inquiry<'c> {
    /// Decides what needs no request, else prepares the question.
    pub fn open(context: &'c Context<'c>, id: &ObjectId) -> Self {
        let state = match opening::open(context, id) {
            Ok(case) => State::Asking(case),
            Err(verdict) => State::Settled(verdict),
        };
        Self { context, id: id.clone(), state }
    }

    /// The object it is about.
    pub fn object(&self) -> &ObjectId {
        &self.id
    }

    /// What the server is to be asked; none where the decision is made.
    pub fn question(&self) -> Option<Question> {
        let State::Asking(case) = &self.state else { return None };
        Some(Question {
            body: case.body.clone(),
            precondition: case.precondition(),
            force: case.force,
            manager: case.manager.clone(),
        })
    }

    /// Takes the server's answer to the last question.
    pub fn answer(&mut self, answer: Answer) {
        let State::Asking(case) = &self.state else { return };
        let mut case = case.clone();
        case.rounds = case.rounds.saturating_add(1);
        self.state = match answer {
            Answer::Accepted(result) => {
                State::Settled(accepted::classify(self.context, &self.id, &case, &result))
            }
            Answer::Conflict(causes) => match rivals::resolve(self.context, &self.id, *case, &causes) {
                Ok(case) => State::Asking(Box::new(case)),
                Err(hold) => State::Settled(Verdict::Held(hold)),
            },
            Answer::Refused(refusal) => {
                State::Settled(refused::classify(self.context, &self.id, &case, &refusal))
            }
            Answer::Unreachable(why) => {
                let reason = format!("the API server gave no answer to the dry-run: {why}");
                let hold = held(self.context, &self.id, HoldSort::Unreadable, reason);
                State::Settled(Verdict::Held(Box::new(hold)))
            }
        };
    }

    /// Settles it without the server: our rights do not allow the dry-run (rules 8).
    pub fn estimate(&mut self, because: &str) {
        if let State::Asking(case) = &self.state {
            self.state = State::Settled(estimate::settle(self.context, &self.id, case, because));
        }
    }

    /// The decision; an inquiry that is still open is held.
    pub(crate) fn verdict(self) -> (ObjectId, Verdict) {
        let verdict = match self.state {
            State::Settled(verdict) => verdict,
            State::Asking(_) => Verdict::Held(Box::new(held(
                self.context,
                &self.id,
                HoldSort::Unreadable,
                "the API server was not asked".to_owned(),
            ))),
        };
        (self.id, verdict)
    }
}

/// A blocking hold about one wanted object.
pub(crate) fn held(context: &Context<'_>, id: &ObjectId, sort: HoldSort, reason: String) -> Hold {
    Hold {
        sort,
        object: Some(id.clone()),
        origin: context.wanted(id).and_then(|wanted| wanted.origin.clone()),
        reason,
        fix: None,
        blocking: true,
        fields: Vec::new(),
    }
}

/// The wanted object and a step about it, to be completed.
pub(crate) fn step_of(context: &Context<'_>, wanted: &Wanted, action: Action, reason: String) -> Step {
    Step {
        action,
        object: wanted.id.clone(),
        api_version: wanted.body.api_version().to_owned(),
        origin: wanted.origin.clone(),
        reason,
        estimated: None,
        fields: Vec::new(),
        write: crate::model::Write::None,
        wait: super::effects::wait_of(&wanted.id, &wanted.body),
        depends_on: Vec::new(),
        effects: Vec::new(),
        digest: Some(context.sealer.digest(&wanted.body)),
        uid: context.present(&wanted.id).map(|live| live.uid.clone()),
        pre_image: None,
    }
}

#[cfg(test)]
#[path = "decision_tests.rs"]
mod tests;
