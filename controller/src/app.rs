//! The one place where everything is put together: command line, sockets, tasks, their start and their end.

pub mod cli;
mod logs;
mod ready;
mod renewal;
mod serve;
mod sockets;

pub use logs::start_logs;
pub use serve::serve;
