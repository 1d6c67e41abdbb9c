//! The store on real files: what it keeps, how it groups, what it says when something is wrong.

mod faults;
mod groups;
mod kept;
mod machine;
mod processes;
mod rows;
mod throughput;
