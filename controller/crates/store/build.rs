//! Tells cargo that the migrations are part of this crate's source.

fn main() {
    println!("cargo:rerun-if-changed=migrations");
}
