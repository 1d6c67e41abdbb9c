//! A small forwarder: what listens inside a namespace becomes reachable on 127.0.0.1 of this machine.

use std::net::{Ipv4Addr, SocketAddr, TcpListener as StdListener, TcpStream as StdStream};

use anyhow::{Context as _, Result};
use tokio::net::TcpListener;
use tokio::runtime::Handle;

use crate::lab::netns::Netns;
use crate::lab::web::adopt_stream;

/// Publishes `target`, seen from inside `netns`, on port `wanted` of 127.0.0.1, or on a free one when it is taken.
/// Works until the runtime of `handle` ends. Returns the address it listens on.
///
/// # Errors
/// When no port can be had or the namespace cannot be entered.
pub fn publish(handle: &Handle, netns: &Netns, target: SocketAddr, wanted: u16) -> Result<SocketAddr> {
    let local = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let listener = StdListener::bind(local(wanted))
        .or_else(|_| StdListener::bind(local(0)))
        .context("cannot listen on 127.0.0.1")?;
    let address = listener.local_addr().context("cannot ask for the forwarder's port")?;
    listener.set_nonblocking(true).context("cannot use the forwarder's listener")?;
    let netns = Netns::open(netns.name())?;
    handle.spawn(async move {
        let Ok(listener) = TcpListener::from_std(listener) else { return };
        while let Ok((mut near, _)) = listener.accept().await {
            let Ok(Ok(far)) = netns.run(|| StdStream::connect(target)) else { continue };
            tokio::spawn(async move {
                if let Ok(mut far) = adopt_stream(far) {
                    // Either side may go away at any time; the other then goes too.
                    let _ = tokio::io::copy_bidirectional(&mut near, &mut far).await;
                }
            });
        }
    });
    Ok(address)
}
