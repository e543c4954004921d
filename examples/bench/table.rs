//! The table of what was measured.

use crate::measure::Peak;

/// What a measurement must keep to, of itself.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Budget {
    /// Longest time.
    Millis(u32),
    /// Largest peak.
    Mebibytes(u32),
}

/// One line.
#[derive(Debug)]
pub(crate) struct Row {
    name: String,
    peak: Peak,
    judged: Vec<(String, bool)>,
}

impl Row {
    /// A measurement that nothing is asked of.
    pub(crate) fn new(name: &str, peak: Peak) -> Self {
        Self { name: name.to_owned(), peak, judged: Vec::new() }
    }

    /// With a budget of its own.
    pub(crate) fn within(mut self, budget: Budget) -> Self {
        self.judged.push(match budget {
            Budget::Millis(most) => {
                (format!("≤ {most} ms"), self.peak.time.as_secs_f64() * 1000.0 <= f64::from(most))
            }
            Budget::Mebibytes(most) => (format!("≤ {most} MB"), mebibytes(self.peak) <= f64::from(most)),
        });
        self
    }

    /// With a budget in terms of another measurement.
    pub(crate) fn against(mut self, other: &str, peak: Peak, most: f64) -> Self {
        let ratio = self.peak.time.as_secs_f64() / peak.time.as_secs_f64();
        self.judged.push((format!("{ratio:.2} × {other}, ≤ {most:.2} ×"), ratio <= most));
        self
    }
}

fn mebibytes(peak: Peak) -> f64 {
    // Peaks are far below 2^52 bytes.
    f64::from(u32::try_from(peak.memory / 1024).unwrap_or(u32::MAX)) / 1024.0
}

/// Prints rows as a Markdown table.
pub(crate) fn print(rows: &[Row]) {
    println!("\n| measured | time | processor | peak | budget |\n|---|---:|---:|---:|---|");
    for Row { name, peak, judged } in rows {
        let judged: Vec<_> = judged
            .iter()
            .map(|(what, met)| format!("{what}: {}", if *met { "met" } else { "MISSED" }))
            .collect();
        println!(
            "| {name} | {:.3} s | {:.3} s | {:.0} MB | {} |",
            peak.time.as_secs_f64(),
            peak.processor.as_secs_f64(),
            mebibytes(*peak),
            judged.join("; ")
        );
    }
}
