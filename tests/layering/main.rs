//! The lines between the rooms, as a test: who may import whom, what a pure crate may not touch, what documents name.

mod arrows;
mod documents;
mod files;
mod purity;
mod tree;
