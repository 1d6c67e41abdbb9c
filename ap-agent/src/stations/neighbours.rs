//! The kernel's neighbour table: another witness of whose an address is.

use futures_util::StreamExt as _;
use gate_core::{Interface, Mac};
use nlink::netlink::events::NetworkEvent;
use nlink::netlink::messages::NeighborMessage;
use nlink::netlink::{Connection, Route, RtnetlinkGroup};
use tokio::sync::mpsc;

use super::wire::Heard;

/// Tells what the kernel knows of the bridge's neighbours, first all, then every change, until `heard` closes.
///
/// # Errors
/// When netlink cannot be read; the caller starts it again.
pub async fn follow(bridge: Interface, heard: mpsc::Sender<Heard>) -> Result<(), nlink::Error> {
    let events = Connection::<Route>::new()?;
    events.subscribe(&[RtnetlinkGroup::Neigh])?;
    let routes = Connection::<Route>::new()?;
    let index = routes.get_link_by_name(bridge.as_str()).await?.map(|link| link.ifindex());
    for neighbour in routes.get_neighbors_by_name(bridge.as_str()).await? {
        if let Some(sign) = sign_of(&neighbour) {
            let _ = heard.try_send(sign);
        }
    }
    let mut changes = events.events().await;
    while let Some(change) = changes.next().await {
        let Ok(NetworkEvent::NewNeighbor(neighbour)) = change else { continue };
        if Some(neighbour.ifindex()) != index {
            continue;
        }
        if let Some(sign) = sign_of(&neighbour)
            && heard.send(sign).await.is_err()
        {
            break;
        }
    }
    Ok(())
}

/// A neighbour the kernel has just verified; what is stale or failed is no sign of life.
fn sign_of(neighbour: &NeighborMessage) -> Option<Heard> {
    let mac = Mac(*neighbour.lladdr()?.first_chunk::<6>()?);
    let address = *neighbour.destination()?;
    neighbour.is_reachable().then_some(Heard { mac, address: Some(address) })
}
