//! The store on SQLite: one file, one writing connection, readers beside it.

mod accounting;
mod audit;
mod batch;
mod browse;
mod changes;
mod errors;
mod kicks;
mod ledger;
mod ledger_reads;
mod open;
mod operators;
mod radius;
mod reads;
mod rollups;
mod rows;
mod writer;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use sqlx::SqlitePool;
use tokio::sync::{mpsc, oneshot, watch};

use crate::change::{Change, Changed};
use crate::{Actor, Batch, Options, StoreError};
pub(crate) use open::file_of;
pub(crate) use rollups::RollupFile;
use writer::{Job, Work};

/// An open database.
pub(crate) struct Database {
    file: PathBuf,
    readers: SqlitePool,
    queue: mpsc::Sender<Job>,
    changes: watch::Receiver<u64>,
    commits: Arc<AtomicU64>,
}

impl Database {
    /// Opens the file, migrates it and starts its writer.
    pub(crate) async fn open(url: &str, options: &Options) -> Result<Self, StoreError> {
        let file = open::file_of(url)?;
        let connection = open::writing_connection(&file, &open::MIGRATIONS, options).await?;
        let readers = open::readers(&file, options).await?;
        let commits = Arc::new(AtomicU64::new(0));
        let (queue, jobs) = mpsc::channel(options.queue.max(1));
        let (changed, changes) = watch::channel(0);
        let writer = writer::Writer::new(connection, file.clone(), options, commits.clone(), changed).await;
        tokio::spawn(writer.run(jobs));
        Ok(Self { file, readers, queue, changes, commits })
    }

    pub(crate) async fn commit(&self, batch: Batch) -> Result<(), StoreError> {
        self.submit(Work::Batch(Box::new(batch))).await.map(|_| ())
    }

    pub(crate) async fn change(&self, actor: Actor, change: Change) -> Result<Changed, StoreError> {
        self.submit(Work::Change(actor, Box::new(change))).await
    }

    /// Closes the readers first: the connection that closes last folds the write-ahead log into the file, and only
    /// the writer may.
    pub(crate) async fn close(&self) {
        self.readers.close().await;
        let (answer, closed) = oneshot::channel();
        if self.queue.send(Job { work: Work::Close, answer }).await.is_ok() {
            let _ = closed.await;
        }
    }

    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.changes.clone()
    }

    pub(crate) fn waiting(&self) -> usize {
        self.queue.max_capacity() - self.queue.capacity()
    }

    pub(crate) fn commits(&self) -> u64 {
        self.commits.load(Ordering::Relaxed)
    }

    /// Waits for the writer's answer, not for room in its queue: who finds the queue full is told so at once.
    async fn submit(&self, work: Work) -> Result<Changed, StoreError> {
        let (answer, answered) = oneshot::channel();
        self.queue.try_send(Job { work, answer }).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => StoreError::Overloaded,
            mpsc::error::TrySendError::Closed(_) => StoreError::Closed,
        })?;
        answered.await.map_err(|_| StoreError::Closed)?
    }

    fn failed(&self, error: sqlx::Error) -> StoreError {
        errors::translate(&self.file, error)
    }
}
