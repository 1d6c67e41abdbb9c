//! The operators' console: pages rendered here, each from a plain struct of `view`; they work without a script.

pub mod assets;
mod figures;
pub mod language;
mod map;
pub mod pages;
mod plot;
mod shell;
mod text;
pub mod view;

#[cfg(test)]
mod tests;
