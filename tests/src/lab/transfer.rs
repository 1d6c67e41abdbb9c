//! Long transfers at a steady pace, to be cut in the middle: a thread each, ended by the cut or by the test.

use std::io::{Read as _, Write as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

use super::http::{Client, Request, Url};
use super::wait::wait_until;

const TICK: Duration = Duration::from_millis(10);
const START_LIMIT: Duration = Duration::from_secs(10);

/// A running transfer of one phone with the fake internet.
pub struct Transfer {
    name: String,
    moved: Arc<AtomicU64>,
    over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Transfer {
    /// Begins to download without end at `rate` bytes a second.
    ///
    /// # Errors
    /// When the first bytes do not come.
    pub fn download(client: &Client, rate: u64) -> Result<Self> {
        let url = format!("http://downloads.example/download?rate={rate}");
        let mut exchange = client.begin(&Request::get(&url))?;
        ensure!(exchange.status == 200, "the download is answered with {}", exchange.status);
        Self::spawn("download", move |moved, over| {
            let mut buffer = [0; 16 * 1024];
            while !over.load(Ordering::Relaxed) {
                match exchange.read(&mut buffer) {
                    Ok(read) if read > 0 => {
                        moved.fetch_add(u64::try_from(read).unwrap_or(0), Ordering::Relaxed)
                    }
                    _ => return,
                };
            }
        })
    }

    /// Begins to upload without end at `rate` bytes a second.
    ///
    /// # Errors
    /// When the connection is not taken.
    pub fn upload(client: &Client, rate: u64) -> Result<Self> {
        let mut stream = client.connect_tcp(&Url::parse("http://downloads.example/")?)?;
        stream.write_all(
            b"POST /upload HTTP/1.1\r\nHost: downloads.example\r\nContent-Length: 1000000000000\r\n\r\n",
        )?;
        let chunk = vec![0; usize::try_from(rate / 100).unwrap_or(1).max(1)];
        Self::spawn("upload", move |moved, over| {
            while !over.load(Ordering::Relaxed) {
                if stream.write_all(&chunk).is_err() {
                    return;
                }
                moved.fetch_add(u64::try_from(chunk.len()).unwrap_or(0), Ordering::Relaxed);
                thread::sleep(TICK);
            }
        })
    }

    fn spawn(name: &str, work: impl FnOnce(&AtomicU64, &AtomicBool) + Send + 'static) -> Result<Self> {
        let (moved, over) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
        let (count, stop) = (moved.clone(), over.clone());
        let thread = thread::Builder::new().name(name.to_owned()).spawn(move || work(&count, &stop));
        let thread = Some(thread.context("cannot start a thread")?);
        let transfer = Self { name: name.to_owned(), moved, over, thread };
        transfer.wait_moving()?;
        Ok(transfer)
    }

    /// Bytes moved so far.
    #[must_use]
    pub fn moved(&self) -> u64 {
        self.moved.load(Ordering::Relaxed)
    }

    /// Waits until further bytes have moved.
    ///
    /// # Errors
    /// When the transfer stands still.
    pub fn wait_moving(&self) -> Result<()> {
        let before = self.moved();
        wait_until(&format!("the {} to move", self.name), START_LIMIT, || self.moved() > before + 10_000)
            .map(drop)
    }
}

impl Drop for Transfer {
    fn drop(&mut self) {
        // The thread ends at its next byte, or when its connection's limit is over.
        self.over.store(true, Ordering::Relaxed);
        drop(self.thread.take());
    }
}
