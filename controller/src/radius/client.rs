//! NAS clients by the address they send from.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

use ipnet::IpNet;
use radius_core::MessageAuthenticator;
use session_core::ApId;

/// One NAS entry. Deliberately without `Debug`: it holds the secret.
pub struct Client {
    /// Its name.
    pub name: String,
    /// The access point its sessions belong to.
    pub ap: ApId,
    /// The address or network it sends from.
    pub network: IpNet,
    /// The shared secret.
    pub secret: Vec<u8>,
    /// What is asked of its Access-Requests.
    pub rule: MessageAuthenticator,
}

/// All NAS entries. Most are single addresses and found at once; of networks the smallest counts.
#[derive(Default)]
pub struct Clients {
    hosts: HashMap<IpAddr, Arc<Client>>,
    networks: Vec<Arc<Client>>,
}

impl Clients {
    /// All of them.
    pub fn of(clients: impl Iterator<Item = Client>) -> Self {
        let mut all = Self::default();
        for client in clients.map(Arc::new) {
            if client.network.prefix_len() == client.network.max_prefix_len() {
                all.hosts.insert(client.network.addr(), client);
            } else {
                all.networks.push(client);
            }
        }
        all.networks.sort_by_key(|client| std::cmp::Reverse(client.network.prefix_len()));
        all
    }

    /// The entry of an address.
    pub fn find(&self, address: IpAddr) -> Option<&Arc<Client>> {
        // A socket for both families shows IPv4 senders as mapped addresses.
        let address = address.to_canonical();
        self.hosts
            .get(&address)
            .or_else(|| self.networks.iter().find(|client| client.network.contains(&address)))
    }

    /// All of them, in no order.
    pub fn all(&self) -> impl Iterator<Item = &Arc<Client>> {
        self.hosts.values().chain(&self.networks)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(name: &str, network: &str) -> Client {
        Client {
            name: name.to_owned(),
            ap: ApId::from(name),
            network: network.parse().unwrap(),
            secret: Vec::new(),
            rule: MessageAuthenticator::Required,
        }
    }

    #[test]
    fn the_nearest_entry_counts_and_strangers_have_none() {
        let all = ["192.0.2.0/24", "192.0.0.0/16", "192.0.2.7/32", "2001:db8::/64"];
        let clients = Clients::of(all.iter().map(|network| client(network, network)));
        let found = |address: &str| clients.find(address.parse().unwrap()).map(|client| client.name.clone());
        assert_eq!(found("192.0.2.7").as_deref(), Some("192.0.2.7/32"));
        assert_eq!(found("192.0.2.8").as_deref(), Some("192.0.2.0/24"));
        assert_eq!(found("192.0.3.8").as_deref(), Some("192.0.0.0/16"));
        assert_eq!(found("::ffff:192.0.2.7").as_deref(), Some("192.0.2.7/32"));
        assert_eq!(found("2001:db8::9").as_deref(), Some("2001:db8::/64"));
        assert_eq!(found("198.51.100.1"), None);
    }
}
