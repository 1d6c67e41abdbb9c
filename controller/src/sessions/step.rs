//! One step of the machine: what goes into one commit, and who waits for it.

use agent_protocol::v1;
use session_core::{Connected, Domain, DomainId, EndCause, GrantChange, Output, Refusal, Tally};
use store::Batch;
use tokio::sync::oneshot;

use super::{ConnectError, JournalPart, Unavailable, wire};

/// Somebody who waits for the commit.
pub enum Waiting {
    /// A tap.
    Connect(oneshot::Sender<Result<Connected, ConnectError>>, Box<Result<Connected, Refusal>>),
    /// Accounting records.
    Accounted(oneshot::Sender<Result<(), Unavailable>>),
    /// A log-out.
    End(oneshot::Sender<Result<(), Unavailable>>),
}

/// Records with the one who waits for them to be durable.
pub struct Part {
    /// The records.
    pub part: JournalPart,
    /// Told when they are durable.
    pub reply: oneshot::Sender<()>,
}

/// What goes into one commit.
pub struct Step {
    /// Rows.
    pub batch: Batch,
    /// Entries to be sent afterwards.
    pub entries: Vec<v1::LogEntry>,
    /// Answers to be given afterwards.
    pub waiting: Vec<Waiting>,
    /// Records that become durable with it; kept, because a failed commit must be tried again with them.
    pub parts: Vec<Part>,
    /// Whether the whole log is to be announced afterwards.
    pub reset: bool,
    /// Why grants end in it.
    pub ended: Vec<EndCause>,
    /// What the reports in it add.
    pub tally: Tally,
}

impl Step {
    /// An empty step.
    pub fn new(domain: DomainId) -> Self {
        Self {
            batch: Batch::new(domain),
            entries: Vec::new(),
            waiting: Vec::new(),
            parts: Vec::new(),
            reset: false,
            ended: Vec::new(),
            tally: Tally::default(),
        }
    }

    /// Takes what the machine wants done.
    pub fn drain(&mut self, machine: &mut Domain) {
        while let Some(output) = machine.poll_output() {
            if let Output::GrantChanged { grant, entry } = &output {
                self.ended.extend(grant.ended.map(|end| end.cause));
                self.entries.extend(entry.map(|position| wire::entry(position, grant)));
            }
            self.batch.push(output);
        }
    }

    /// Visits that begin in it.
    pub fn visits(&self) -> u64 {
        self.waiting.iter().map(|waiting| u64::from(waiting.begins_a_visit())).sum()
    }
}

impl Waiting {
    fn begins_a_visit(&self) -> bool {
        match self {
            Self::Connect(_, outcome) => {
                matches!(**outcome, Ok(Connected { change: GrantChange::Made, .. }))
            }
            Self::End(_) | Self::Accounted(_) => false,
        }
    }

    /// Answers after the commit. Whoever is gone by now does not matter.
    pub fn committed(self) {
        match self {
            Self::Connect(reply, outcome) => {
                let _ = reply.send(outcome.map_err(ConnectError::Refused));
            }
            Self::End(reply) | Self::Accounted(reply) => {
                let _ = reply.send(Ok(()));
            }
        }
    }

    /// Answers that nothing happened.
    pub fn failed(self, why: Unavailable) {
        match self {
            Self::Connect(reply, _) => {
                let _ = reply.send(Err(ConnectError::Unavailable(why)));
            }
            Self::End(reply) | Self::Accounted(reply) => {
                let _ = reply.send(Err(why));
            }
        }
    }
}
