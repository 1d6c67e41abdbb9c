//! The operators' console: pages rendered here, each from a plain struct of `view`.

pub mod language;
pub mod view;
