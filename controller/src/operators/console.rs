//! The operators' console: pages rendered here, each from a plain struct of `view`; they work without a script.

pub mod assets;
mod data;
mod desk;
mod figures;
pub mod language;
mod map;
pub mod pages;
mod plot;
mod routes;
mod shell;
mod text;
pub mod view;

pub use desk::frame;
pub use routes::router;

#[cfg(test)]
mod tests;
