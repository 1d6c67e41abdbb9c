//! Table of contents: read the command line, start logs and runtime, do what was asked.

use std::process::ExitCode;

use clap::Parser as _;
use hotspot_controller::app::{cli::Cli, start_logs};

fn main() -> ExitCode {
    let cli = Cli::parse();
    start_logs();
    match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => {
            let code = runtime.block_on(cli.run());
            // What is still running has had its time.
            runtime.shutdown_background();
            code
        }
        Err(error) => {
            eprintln!("hotspot-controller: the system gives no threads: {error}; raise its limits");
            ExitCode::FAILURE
        }
    }
}
