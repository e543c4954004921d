//! Cleaning of texts that others wrote, as errors of the API server.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use zeroize::Zeroizing;

use super::places::secret_values;
use crate::model::Body;

/// What stands in the place of a secret.
pub(super) const SEALED: &str = "‹sealed›";

/// Shorter values are not replaced inside texts: they would be found in ordinary words.
const SHORTEST: usize = 4;

/// Replaces known secret values in texts.
#[derive(Clone, Default)]
pub struct Redactor {
    /// Values, the longest first, so that a value that contains another goes as a whole.
    values: Vec<Zeroizing<String>>,
}

impl Redactor {
    /// A redactor of all secret values of some objects: plain, in base64 and as JSON prints them.
    pub fn from_bodies<'a>(bodies: impl IntoIterator<Item = &'a Body>) -> Self {
        let mut redactor = Self::default();
        redactor.learn(bodies);
        redactor
    }

    /// Knows the secret values of more objects.
    pub fn learn<'a>(&mut self, bodies: impl IntoIterator<Item = &'a Body>) {
        for body in bodies {
            let mut found = Vec::new();
            secret_values(body, &mut found);
            for value in found {
                add(&mut self.values, value, body);
            }
        }
        self.values.sort_by(|a: &Zeroizing<String>, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        self.values.dedup();
    }

    /// The text with every secret value replaced.
    pub fn redact(&self, text: &str) -> String {
        self.values.iter().fold(text.to_owned(), |text, value| {
            if text.contains(value.as_str()) { text.replace(value.as_str(), SEALED) } else { text }
        })
    }
}

fn add(values: &mut Vec<Zeroizing<String>>, value: &str, body: &Body) {
    let mut forms = vec![value.to_owned(), STANDARD.encode(value)];
    if let Some(plain) =
        body.is_secret().then(|| STANDARD.decode(value).ok()).flatten().map(String::from_utf8)
    {
        forms.extend(plain);
    }
    let trimmed: Vec<_> = forms.iter().map(|form| form.trim().to_owned()).collect();
    forms.extend(trimmed);
    let escaped: Vec<_> = forms.iter().map(|form| form.escape_default().to_string()).collect();
    forms.extend(escaped);
    // A value of several lines may be quoted line by line.
    let lines: Vec<_> =
        forms.iter().flat_map(|form| form.lines()).filter(|l| l.len() >= 12).map(str::to_owned).collect();
    forms.extend(lines);
    values.extend(forms.into_iter().filter(|form| form.len() >= SHORTEST).map(Zeroizing::new));
}

#[cfg(test)]
#[path = "redactor_tests.rs"]
mod tests;
