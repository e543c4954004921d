//! Gates: what is asked after an apply, and what came of it.

use super::place::Place;

/// A gate that `apply` and `status` run.
#[derive(Debug, Clone, PartialEq)]
pub struct Gate {
    /// Its name.
    pub name: String,
    /// What it asks.
    pub ask: GateAsk,
    /// Where it stands.
    pub place: Place,
}

/// What a [`Gate`] asks.
#[derive(Debug, Clone, PartialEq)]
pub enum GateAsk {
    /// An object of the cluster is ready.
    Ready {
        /// Kind.
        kind: String,
        /// Name.
        name: String,
        /// Namespace; the stack's where none is given.
        namespace: Option<String>,
    },
    /// A PromQL query through a Service.
    Query {
        /// The expression.
        query: String,
        /// `[https:]name[:port]` of the Service.
        service: String,
        /// What every sample of the result is compared with.
        expect: Expect,
        /// Seconds for which it must hold; 0 asks once.
        hold: u64,
    },
    /// An HTTP request through a Service.
    Http {
        /// `[https:]name[:port]` of the Service.
        service: String,
        /// Path.
        path: String,
        /// Expected status code.
        status: u16,
    },
    /// Somebody has to look.
    Manual(String),
}

/// What the samples of a query are to be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Expect {
    /// There is none.
    None,
    /// There is at least one, and each of them compares so with the number.
    Every(Comparison, f64),
}

/// How a sample compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// `<`.
    Less,
    /// `<=`.
    AtMost,
    /// `==`.
    Equal,
    /// `!=`.
    Unequal,
    /// `>=`.
    AtLeast,
    /// `>`.
    More,
}

impl Expect {
    /// Reads `> 0`, `== 1`, `none`.
    pub fn parse(text: &str) -> Option<Self> {
        // Longer signs first: `<=` begins with `<`.
        const SIGNS: &[(&str, Comparison)] = &[
            ("<=", Comparison::AtMost),
            (">=", Comparison::AtLeast),
            ("==", Comparison::Equal),
            ("!=", Comparison::Unequal),
            ("<", Comparison::Less),
            (">", Comparison::More),
        ];
        let text = text.trim();
        if text == "none" {
            return Some(Self::None);
        }
        let (sign, comparison) = SIGNS.iter().find(|(sign, _)| text.starts_with(sign))?;
        let number: f64 = text.strip_prefix(sign)?.trim().parse().ok()?;
        Some(Self::Every(*comparison, number))
    }

    /// Whether these samples are as expected; PromQL's own rules for NaN and infinities hold.
    pub fn holds(self, samples: &[f64]) -> bool {
        match self {
            Self::None => samples.is_empty(),
            Self::Every(comparison, number) => {
                !samples.is_empty() && samples.iter().all(|sample| comparison.holds(*sample, number))
            }
        }
    }
}

impl Comparison {
    #[expect(clippy::float_cmp, reason = "PromQL compares exactly too")]
    fn holds(self, sample: f64, number: f64) -> bool {
        match self {
            Self::Less => sample < number,
            Self::AtMost => sample <= number,
            Self::Equal => sample == number,
            Self::Unequal => sample != number,
            Self::AtLeast => sample >= number,
            Self::More => sample > number,
        }
    }
}

/// What came of a gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GateOutcome {
    /// It holds.
    Passed,
    /// It does not hold, or could not be asked.
    Failed,
    /// A person has to look.
    Manual,
}

impl GateOutcome {
    /// The word of reports and of JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Manual => "manual",
        }
    }
}

/// One gate with what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GateReport {
    /// Its name.
    pub name: String,
    /// What came of it.
    pub outcome: GateOutcome,
    /// What was seen, as in `HTTP 200`.
    pub evidence: String,
    /// Where the gate stands.
    pub place: Place,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expectations_are_read_and_hold_as_promql_compares() {
        for (text, samples, holds) in [
            ("> 0", &[1.0, 2.0][..], true),
            ("> 0", &[1.0, 0.0], false),
            ("> 0", &[], false),
            (">=1", &[1.0], true),
            ("== 0", &[0.0], true),
            ("!= 3", &[3.0], false),
            ("<= 0.5", &[0.5], true),
            ("< 0.5", &[f64::NAN], false),
            ("none", &[], true),
            ("none", &[0.0], false),
        ] {
            assert_eq!(Expect::parse(text).map(|expect| expect.holds(samples)), Some(holds), "{text}");
        }
        for text in ["", "0", "> x", "=> 1", "about 3"] {
            assert_eq!(Expect::parse(text), None, "{text}");
        }
    }
}
