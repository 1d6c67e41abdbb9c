//! The command line of the access point's agent: enrol, guard, run, and ask how it is.

use std::path::PathBuf;
use std::process::ExitCode;

use ap_agent::config::{AgentConfig, DEFAULT_PATH};
use ap_agent::guard::Guard;
use ap_agent::status::{Answer, Question, ask};
use ap_agent::{enroll, run};
use clap::{Parser, Subcommand};
use gate_core::Interface;

/// Holds the gate of an access point, counts, and reports to the controller.
#[derive(Parser)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Make this access point known to a controller.
    Enroll {
        /// The controller's agents' URL, https://HOST:8444
        #[arg(long)]
        controller: String,
        /// The one-time token, or - to read it from standard input
        #[arg(long)]
        token: String,
        /// The agent's configuration; it is made, or its controller changed
        #[arg(long, default_value = DEFAULT_PATH)]
        config: PathBuf,
    },
    /// Run until stopped.
    Run {
        /// The agent's configuration
        #[arg(long, default_value = DEFAULT_PATH)]
        config: PathBuf,
    },
    /// Check the configuration and name every fault.
    CheckConfig {
        /// The agent's configuration
        #[arg(long, default_value = DEFAULT_PATH)]
        config: PathBuf,
    },
    /// Close the clients' bridge by routing; run it before the bridge comes up.
    Guard {
        /// The agent's configuration
        #[arg(long, default_value = DEFAULT_PATH)]
        config: PathBuf,
    },
    /// Say how the access point is.
    Status {
        /// The agent's configuration
        #[arg(long, default_value = DEFAULT_PATH)]
        config: PathBuf,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
    /// Say why a device is on line or not.
    Why {
        /// The device's MAC, as in 02:00:00:00:00:01
        mac: String,
        /// The agent's configuration
        #[arg(long, default_value = DEFAULT_PATH)]
        config: PathBuf,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    run::logs();
    let done = run::runtime()
        .map_err(anyhow::Error::from)
        .and_then(|runtime| runtime.block_on(execute(cli.command)));
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("ap-agent: {}", run::sentence(&error));
            ExitCode::FAILURE
        }
    }
}

async fn execute(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Enroll { controller, token, config } => {
            let token = if token == "-" { std::io::read_to_string(std::io::stdin())? } else { token };
            let settings = if config.exists() { AgentConfig::read(&config)? } else { AgentConfig::default() };
            let settings = settings.with_controller(&controller)?;
            enroll::check_place(&config)?;
            let enrolled = enroll::enroll(settings.controller_url()?, &token, &settings.data_dir).await?;
            settings.write(&config)?;
            println!(
                "enrolled as {} ({}); start it with: ap-agent run --config {}",
                enrolled.ap_id,
                enrolled.ap_name,
                config.display()
            );
            Ok(())
        }
        Command::Run { config } => run::run(AgentConfig::read(&config)?).await,
        Command::CheckConfig { config } => {
            AgentConfig::read(&config)?;
            println!("the configuration is valid");
            Ok(())
        }
        Command::Guard { config } => {
            let settings = AgentConfig::read(&config)?;
            let guard = Guard { bridge: Interface::new(&settings.bridge)?, clients4: None, clients6: None };
            guard.lay_at_least().await?;
            Ok(())
        }
        Command::Status { config, json } => {
            let settings = AgentConfig::read(&config)?;
            show(&settings, &config, &Question::Status, json).await
        }
        Command::Why { mac, config, json } => {
            let mac = gate_core::Mac::parse(&mac)?.to_string();
            let settings = AgentConfig::read(&config)?;
            show(&settings, &config, &Question::Why(mac), json).await
        }
    }
}

async fn show(
    settings: &AgentConfig,
    config: &std::path::Path,
    question: &Question,
    json: bool,
) -> anyhow::Result<()> {
    let answer = ask(&settings.data_dir, question).await.map_err(|error| {
        anyhow::anyhow!(
            "no agent answers ({error}); start it with: ap-agent run --config {}",
            config.display()
        )
    })?;
    match answer {
        Answer::Refused(reason) => anyhow::bail!(reason),
        Answer::Status(status) if json => println!("{}", serde_json::to_string_pretty(&status)?),
        Answer::Why(why) if json => println!("{}", serde_json::to_string_pretty(&why)?),
        Answer::Status(status) => print!("{status}"),
        Answer::Why(why) => print!("{why}"),
    }
    Ok(())
}
