//! The `obsctl` program.

fn main() {}
