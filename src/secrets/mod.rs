//! What must never be shown: which places hold secrets, what is shown in their stead, and cleaning of foreign texts.

mod places;
mod redactor;
mod sealer;

pub use places::is_secret_place;
pub use redactor::Redactor;
pub use sealer::Sealer;
