//! The command line of simulated access points: many agents in one process, the gate in memory, visitors that walk.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use ap_agent::run;
use ap_agent::sim::{self, Options};
use clap::Parser;

/// Runs access points with the agent's own link and decisions, the gate in memory, and visitors; prints what came of it.
#[derive(Parser)]
#[command(version)]
struct Cli {
    /// The controller's agents' URL, https://HOST:8444
    #[arg(long)]
    controller: String,
    /// A file with one-time tokens, one a line, or - for standard input; not needed for access points that
    /// --data-dir knows already
    #[arg(long)]
    tokens: Option<PathBuf>,
    /// Access points [default: as many as there are tokens]
    #[arg(long)]
    aps: Option<usize>,
    /// Visitors
    #[arg(long, default_value_t = 10)]
    visitors: usize,
    /// How long visitors move about
    #[arg(long, default_value_t = 30)]
    seconds: u64,
    /// Visitors come one after the other within this time
    #[arg(long, default_value_t = 0)]
    arrive_secs: u64,
    /// A visitor moves something this often
    #[arg(long, default_value_t = 500)]
    step_ms: u64,
    /// A visitor walks on after about this long
    #[arg(long, default_value_t = 10)]
    stay_secs: u64,
    /// Where keys, ledgers and journals are kept [default: a folder that is removed at the end]
    #[arg(long)]
    data_dir: Option<PathBuf>,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    run::logs();
    let options = Options {
        controller: cli.controller,
        tokens: cli.tokens,
        aps: cli.aps,
        visitors: cli.visitors,
        lasting: Duration::from_secs(cli.seconds),
        arrive: Duration::from_secs(cli.arrive_secs),
        step: Duration::from_millis(cli.step_ms.max(1)),
        stay: Duration::from_secs(cli.stay_secs.max(1)),
        data_dir: cli.data_dir,
    };
    let done =
        run::runtime().map_err(anyhow::Error::from).and_then(|runtime| runtime.block_on(sim::run(options)));
    match done {
        Ok(summary) => {
            println!("{summary}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("ap-agent-sim: {}", run::sentence(&error));
            ExitCode::FAILURE
        }
    }
}
