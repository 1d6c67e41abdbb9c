//! The one task that writes: groups what waits into one transaction and answers after its COMMIT.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use sqlx::{Connection, Executor, SqliteConnection};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, MissedTickBehavior, interval};

use super::errors::{concerns_all, translate};
use super::{batch, changes};
use crate::change::{Change, Changed};
use crate::{Actor, Batch, Options, StoreError};

/// Most batches and changes in one transaction.
const GROUP_JOBS: usize = 512;
/// Rows after which a group takes no further batch, so that no transaction keeps others waiting for long.
const GROUP_ROWS: usize = 50_000;

/// What one job asks for.
pub(super) enum Work {
    Batch(Box<Batch>),
    Change(Actor, Box<Change>),
    Close,
}

/// A wish and where its answer goes.
pub(super) struct Job {
    pub(super) work: Work,
    pub(super) answer: oneshot::Sender<Result<Changed, StoreError>>,
}

pub(super) struct Writer {
    connection: SqliteConnection,
    file: PathBuf,
    log_entries: u64,
    poll: Duration,
    commits: Arc<AtomicU64>,
    changed: watch::Sender<u64>,
    /// What `PRAGMA data_version` said last: it changes when another connection commits, never by our own commits.
    data_version: Option<i64>,
    looked: Instant,
}

impl Writer {
    /// Made before anybody reads, so that no commit after the first read goes unseen.
    pub(super) async fn new(
        connection: SqliteConnection,
        file: PathBuf,
        options: &Options,
        commits: Arc<AtomicU64>,
        changed: watch::Sender<u64>,
    ) -> Self {
        let poll = options.poll.max(Duration::from_millis(1));
        let log_entries = options.log_entries;
        let looked = Instant::now();
        let mut writer =
            Self { connection, file, log_entries, poll, commits, changed, data_version: None, looked };
        writer.look().await;
        writer
    }

    /// Serves the queue until the store is closed or its last handle is gone.
    pub(super) async fn run(mut self, mut jobs: mpsc::Receiver<Job>) {
        let mut ticks = interval(self.poll);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let closing = 'serve: loop {
            let first = tokio::select! {
                job = jobs.recv() => job,
                _ = ticks.tick() => {
                    self.look().await;
                    continue;
                }
            };
            let mut group = Vec::new();
            let mut rows = 0;
            let mut next = first;
            let mut end = next.is_none().then_some(None);
            while let Some(job) = next {
                match &job.work {
                    Work::Close => {
                        end = Some(Some(job.answer));
                        break;
                    }
                    Work::Batch(batch) => rows += batch.rows(),
                    Work::Change(..) => rows += 1,
                }
                group.push(job);
                let room = group.len() < GROUP_JOBS && rows < GROUP_ROWS;
                next = if room { jobs.try_recv().ok() } else { None };
            }
            self.write(group).await;
            if let Some(closing) = end {
                break 'serve closing;
            }
            if self.looked.elapsed() >= self.poll {
                self.look().await;
            }
        };
        drop(jobs);
        if let Err(error) = self.connection.close().await {
            tracing::warn!(error = %translate(&self.file, error), "the database was not closed cleanly");
        }
        if let Some(answer) = closing {
            let _ = answer.send(Ok(Changed::Done));
        }
    }

    /// Writes a group in one transaction; if that fails, each of its jobs in one of its own, so that a bad one
    /// fails alone.
    async fn write(&mut self, group: Vec<Job>) {
        if group.is_empty() {
            return;
        }
        let works: Vec<&Work> = group.iter().map(|job| &job.work).collect();
        match self.transaction(&works).await {
            Ok(answers) => {
                for (job, answer) in group.into_iter().zip(answers) {
                    let _ = job.answer.send(Ok(answer));
                }
            }
            Err(error) if group.len() == 1 || concerns_all(&error) => {
                for job in group {
                    let _ = job.answer.send(Err(error.clone()));
                }
            }
            Err(error) => {
                tracing::debug!(%error, jobs = group.len(), "a group failed and is written one by one");
                for job in group {
                    let answer = self.transaction(&[&job.work]).await;
                    let _ = job
                        .answer
                        .send(answer.map(|answers| answers.into_iter().next().unwrap_or(Changed::Done)));
                }
            }
        }
    }

    /// One transaction: all of `works` or nothing.
    async fn transaction(&mut self, works: &[&Work]) -> Result<Vec<Changed>, StoreError> {
        self.execute("BEGIN IMMEDIATE").await?;
        let written = match self.apply(works).await {
            Ok(answers) => self.execute("COMMIT").await.map(|()| answers),
            Err(error) => Err(error),
        };
        match &written {
            Ok(_) => {
                self.commits.fetch_add(1, Ordering::Relaxed);
                if works.iter().any(|work| matches!(work, Work::Change(..))) {
                    self.changed.send_modify(|count| *count += 1);
                }
            }
            // SQLite rolls back by itself after some errors (a full disk): then there is nothing left to do here.
            Err(_) => drop(self.execute("ROLLBACK").await),
        }
        written
    }

    /// Applies the works in their order; batches that follow each other are written together, table by table.
    async fn apply(&mut self, works: &[&Work]) -> Result<Vec<Changed>, StoreError> {
        let mut answers = Vec::with_capacity(works.len());
        let mut batches: Vec<&Batch> = Vec::new();
        for work in works {
            match work {
                Work::Batch(batch) => {
                    batches.push(batch);
                    answers.push(Changed::Done);
                }
                Work::Change(actor, change) => {
                    self.write_batches(&batches).await?;
                    batches.clear();
                    answers.push(changes::apply(&mut self.connection, &self.file, actor, change).await?);
                }
                Work::Close => answers.push(Changed::Done),
            }
        }
        self.write_batches(&batches).await?;
        Ok(answers)
    }

    async fn write_batches(&mut self, batches: &[&Batch]) -> Result<(), StoreError> {
        batch::write(&mut self.connection, &self.file, batches, self.log_entries).await
    }

    async fn execute(&mut self, sql: &'static str) -> Result<(), StoreError> {
        self.connection.execute(sql).await.map(|_| ()).map_err(|error| translate(&self.file, error))
    }

    /// Sees whether another connection committed since the last look.
    async fn look(&mut self) {
        self.looked = Instant::now();
        let seen = sqlx::query_scalar::<_, i64>("PRAGMA data_version").fetch_one(&mut self.connection).await;
        match seen {
            Ok(version) => {
                if self.data_version.replace(version).is_some_and(|before| before != version) {
                    self.changed.send_modify(|count| *count += 1);
                }
            }
            Err(error) => tracing::debug!(%error, "the database's version could not be read"),
        }
    }
}
