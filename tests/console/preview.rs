//! The console with sample data, as the controller's example `console_preview` serves it on a port of its own.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, Result, ensure};
use hotspot_tests::lab::instance::repository;

/// A running preview; it ends when this is dropped.
pub struct Preview {
    program: Child,
    port: u16,
}

impl Preview {
    /// Starts it.
    pub fn start() -> Result<Self> {
        let path = repository().join("target/release/examples/console_preview");
        ensure!(path.is_file(), "{} is not there: run make test", path.display());
        let mut program = Command::new(path).arg("0").stdout(Stdio::piped()).spawn()?;
        let out = program.stdout.take().context("the preview has no output")?;
        let mut line = String::new();
        BufReader::new(out).read_line(&mut line)?;
        let port =
            line.trim().strip_prefix("http://localhost:").and_then(|rest| rest.strip_suffix("/states"));
        let port = port.with_context(|| format!("the preview said {line:?}"))?.parse()?;
        Ok(Self { program, port })
    }

    /// Where it is.
    pub fn base(&self) -> String {
        format!("http://localhost:{}", self.port)
    }

    /// The addresses of all pages in all states, as the preview lists them.
    pub fn states(&self) -> Result<Vec<String>> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
        write!(stream, "GET /states HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
        let mut page = String::new();
        stream.read_to_string(&mut page)?;
        let links = page.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next());
        Ok(links.map(|link| link.replace("&amp;", "&")).collect())
    }
}

impl Drop for Preview {
    fn drop(&mut self) {
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}
