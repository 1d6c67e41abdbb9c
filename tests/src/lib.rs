//! The lab and the visitors in it: namespaces, a fake internet, access points with their real programs, phones.

pub mod bench;
pub mod crowd;
pub mod demo;
pub mod forwarder;
pub mod lab;
pub mod load;
pub mod nas;
pub mod visitor;
