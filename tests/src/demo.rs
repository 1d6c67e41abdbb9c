//! `make demo`: the whole system in namespaces, with visitors that come and go, and a script of visits that checks it.

pub mod check;
pub mod console;
pub mod street;
