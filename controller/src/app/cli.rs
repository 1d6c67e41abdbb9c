//! The command line: what is asked, and the exit code of the answer.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use super::serve;
use crate::config::Config;
use crate::geo::Countries;
use crate::operators::commands::account::{AccountAdd, AccountImport};
use crate::operators::commands::ap::{ApAdd, ApImport, ApToken};
use crate::operators::commands::audit::AuditList;
use crate::operators::commands::nas::NasAdd;
use crate::operators::commands::operator::{OperatorAdd, OperatorToken};
use crate::operators::commands::plan::PlanAdd;
use crate::operators::commands::voucher::VoucherCreate;
use crate::operators::commands::{
    self, Form, account, ap, audit, nas, operator, plan, session, stats, voucher,
};

/// Controller of the free WiFi around Hoan Kiem lake: access points, portal, visits.
#[derive(Debug, Parser)]
#[command(name = "hotspot-controller", version, arg_required_else_help = true)]
pub struct Cli {
    #[command(flatten)]
    options: Options,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Args)]
struct Options {
    /// Configuration file (TOML); defaults without it
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Where keys and database are kept; wins over the configuration
    #[arg(long, global = true, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Write the result as JSON
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the controller
    Serve,
    /// Check the configuration and name every fault
    CheckConfig,
    /// Bring the database up to this version
    Migrate,
    /// Plans: what a visitor may have
    #[command(subcommand)]
    Plan(PlanCommand),
    /// Access points
    #[command(subcommand)]
    Ap(ApCommand),
    /// Access points of other makes, which speak RADIUS
    #[command(subcommand)]
    Nas(NasCommand),
    /// People with a name and a password
    #[command(subcommand)]
    Account(AccountCommand),
    /// Names and secrets made by the machine
    #[command(subcommand)]
    Voucher(VoucherCommand),
    /// Figures
    #[command(subcommand)]
    Stats(StatsCommand),
    /// Visits that are on line
    #[command(subcommand)]
    Session(SessionCommand),
    /// Who may use the console and the API
    #[command(subcommand)]
    Operator(OperatorCommand),
    /// Who changed what
    #[command(subcommand)]
    Audit(AuditCommand),
}

#[derive(Debug, Subcommand)]
enum PlanCommand {
    /// Add a plan or change the one of that name
    Add(PlanAdd),
}

#[derive(Debug, Subcommand)]
enum ApCommand {
    /// Add an access point or describe it anew
    Add(ApAdd),
    /// Take over an inventory file, all of it or nothing
    Import(ApImport),
    /// Make a one-time enrolment token
    Token(ApToken),
    /// List the access points
    List,
    /// Refuse an access point's key from now on
    Revoke {
        /// Id of the access point
        id: String,
    },
}

#[derive(Debug, Subcommand)]
enum NasCommand {
    /// Add a NAS or change the one of that name
    Add(NasAdd),
    /// List them, without their secrets
    List,
    /// Answer it no more
    Remove {
        /// Its name
        name: String,
    },
}

#[derive(Debug, Subcommand)]
enum AccountCommand {
    /// Add an account or change the one of that name
    Add(AccountAdd),
    /// Take over a CSV file, all of it or nothing
    Import(AccountImport),
    /// List the accounts
    List,
    /// Remove an account
    Remove {
        /// Its name
        name: String,
    },
}

#[derive(Debug, Subcommand)]
enum VoucherCommand {
    /// Make vouchers; their secrets are shown this once
    Create(VoucherCreate),
    /// List the vouchers
    List,
}

#[derive(Debug, Subcommand)]
enum StatsCommand {
    /// Make hours and days anew from the ledger of minutes
    Rebuild,
}

#[derive(Debug, Subcommand)]
enum SessionCommand {
    /// List the visits that are on line
    List,
    /// End a visit on every access point
    Kick {
        /// Id of the visit, as `session list` shows it
        id: String,
    },
}

#[derive(Debug, Subcommand)]
enum OperatorCommand {
    /// Add an operator, or give one another role, and make a one-time sign-in link
    Add(OperatorAdd),
    /// Make another one-time sign-in link
    Link {
        /// E-mail address of the operator
        email: String,
    },
    /// Make a token for the API
    Token(OperatorToken),
    /// Disable an operator: links, sessions and tokens end at once
    Disable {
        /// E-mail address of the operator
        email: String,
    },
    /// List the operators
    List,
}

#[derive(Debug, Subcommand)]
enum AuditCommand {
    /// List the newest changes
    List(AuditList),
    /// Check that no row was edited, removed or moved
    Check,
}

impl Cli {
    /// Does what was asked. A result goes to stdout, a fault to stderr in one sentence, the exit code says which.
    pub async fn run(self) -> ExitCode {
        match self.answer().await {
            Ok(text) => {
                if !text.is_empty() {
                    println!("{text}");
                }
                ExitCode::SUCCESS
            }
            Err(error) => {
                // The chain belongs to the log; the sentence says what to do.
                eprintln!("hotspot-controller: {}", commands::sentence(&error));
                ExitCode::FAILURE
            }
        }
    }

    async fn answer(self) -> anyhow::Result<String> {
        let Self { options, command } = self;
        let config = Config::load(options.config.as_deref(), options.data_dir.as_deref())?;
        let form = if options.json { Form::Json } else { Form::Text };
        match command {
            Command::Serve => serve(config).await.map(|()| String::new()),
            Command::CheckConfig => Ok(checked(&config, form)),
            Command::Migrate => commands::migrate(&config, form).await,
            Command::Plan(PlanCommand::Add(wanted)) => plan::add(&config, wanted, form).await,
            Command::Ap(ApCommand::Add(wanted)) => ap::add(&config, wanted, form).await,
            Command::Ap(ApCommand::Import(ApImport { file })) => ap::import(&config, &file, form).await,
            Command::Ap(ApCommand::Token(wanted)) => ap::token(&config, wanted, form).await,
            Command::Ap(ApCommand::List) => ap::list(&config, form).await,
            Command::Ap(ApCommand::Revoke { id }) => ap::revoke(&config, &id, form).await,
            Command::Nas(NasCommand::Add(wanted)) => nas::add(&config, wanted, form).await,
            Command::Nas(NasCommand::List) => nas::list(&config, form).await,
            Command::Nas(NasCommand::Remove { name }) => nas::remove(&config, &name, form).await,
            Command::Account(AccountCommand::Add(wanted)) => account::add(&config, wanted, form).await,
            Command::Account(AccountCommand::Import(wanted)) => account::import(&config, wanted, form).await,
            Command::Account(AccountCommand::List) => account::list(&config, form).await,
            Command::Account(AccountCommand::Remove { name }) => account::remove(&config, &name, form).await,
            Command::Voucher(VoucherCommand::Create(wanted)) => voucher::create(&config, wanted, form).await,
            Command::Voucher(VoucherCommand::List) => voucher::list(&config, form).await,
            Command::Stats(StatsCommand::Rebuild) => stats::rebuild(&config, form).await,
            Command::Session(SessionCommand::List) => session::list(&config, form).await,
            Command::Session(SessionCommand::Kick { id }) => session::kick(&config, &id, form).await,
            Command::Operator(OperatorCommand::Add(wanted)) => operator::add(&config, wanted, form).await,
            Command::Operator(OperatorCommand::Link { email }) => operator::link(&config, &email, form).await,
            Command::Operator(OperatorCommand::Token(wanted)) => operator::token(&config, wanted, form).await,
            Command::Operator(OperatorCommand::Disable { email }) => {
                operator::disable(&config, &email, form).await
            }
            Command::Operator(OperatorCommand::List) => operator::list(&config, form).await,
            Command::Audit(AuditCommand::List(wanted)) => audit::list(&config, wanted, form).await,
            Command::Audit(AuditCommand::Check) => audit::check(&config, form).await,
        }
    }
}

fn checked(config: &Config, form: Form) -> String {
    let countries = Countries::open(config.geo.country_db.as_deref());
    let notices: Vec<&str> = config.notices.iter().map(String::as_str).chain(countries.problem()).collect();
    match form {
        Form::Json => serde_json::json!({"valid": true, "notices": notices}).to_string(),
        Form::Text => {
            let mut lines = vec!["the configuration is valid"];
            lines.extend(notices);
            lines.join("\n")
        }
    }
}
