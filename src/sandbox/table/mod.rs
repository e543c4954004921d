//! Objects as rows, as `kubectl get` prints them.

mod builtin;
mod cells;
mod jsonpath;
mod rows;

pub(crate) use rows::table;
