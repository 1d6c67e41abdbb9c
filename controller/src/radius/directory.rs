//! Who may ask and who may come in, in memory, as the store has it: NAS clients, accounts, vouchers, blocked devices.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, PoisonError, RwLock};

use ipnet::IpNet;
use radius_core::MessageAuthenticator;
use session_core::{ApId, Mac};
use store::{NasClient, Store};

use super::RadiusError;
use super::client::{Client, Clients};
use super::verifier::{Credential, Credentials};
use crate::policy::credential;
use crate::seal::{DigestKey, NodeKey};

/// The directory. Readers take what is current and keep it as long as they need it.
pub struct Directory {
    node: NodeKey,
    /// For what is remembered of right passwords.
    pub memory_key: DigestKey,
    /// For vouchers' digests.
    pub voucher_key: DigestKey,
    /// For visits' names.
    pub visit_key: DigestKey,
    current: RwLock<Arc<Entries>>,
}

/// Everything at one moment.
#[derive(Default)]
pub struct Entries {
    /// NAS clients.
    pub clients: Clients,
    /// Accounts and vouchers by User-Name.
    pub credentials: Credentials,
    /// Devices that get in nowhere.
    pub blocked: BTreeSet<Mac>,
}

impl Directory {
    /// An empty directory.
    ///
    /// # Errors
    /// [`RadiusError::Seal`] without randomness.
    pub fn new(node: NodeKey) -> Result<Self, RadiusError> {
        Ok(Self {
            memory_key: DigestKey::of_this_process()?,
            voucher_key: credential::voucher_key(&node),
            visit_key: node.digests("visit"),
            node,
            current: RwLock::default(),
        })
    }

    /// What is current.
    pub fn entries(&self) -> Arc<Entries> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Reads everything anew. What is remembered of passwords stays where the verifier is the same.
    ///
    /// # Errors
    /// [`RadiusError`]; the former entries stay.
    pub async fn renew(&self, store: &Store) -> Result<(), RadiusError> {
        let mut clients = Vec::new();
        for nas in store.nas_clients().await? {
            clients.extend(self.client(nas)?);
        }
        let before = self.entries();
        let mut credentials: HashMap<Vec<u8>, Arc<Credential>> = HashMap::new();
        for voucher in store.vouchers().await? {
            let name = voucher.name.clone().into_bytes();
            credentials.insert(name, Arc::new(Credential::voucher(voucher)));
        }
        for account in store.accounts().await? {
            let name = account.name.clone().into_bytes();
            let kept = before.credentials.find(&name).filter(|credential| credential.is(&account));
            credentials.insert(name, kept.unwrap_or_else(|| Arc::new(Credential::account(account))));
        }
        let entries = Entries {
            clients: Clients::of(clients.into_iter()),
            credentials: Credentials::of(credentials),
            blocked: store.blocked().await?,
        };
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(entries);
        Ok(())
    }

    /// The NAS clients that need no Message-Authenticator.
    pub fn exempt(&self) -> Vec<(String, IpNet)> {
        let entries = self.entries();
        let exempt = entries.clients.all().filter(|client| client.rule == MessageAuthenticator::Optional);
        exempt.map(|client| (client.name.clone(), client.network)).collect()
    }

    fn client(&self, nas: NasClient) -> Result<Option<Client>, RadiusError> {
        let secret = self.node.open(&nas.secret, &nas.name)?;
        // Written by the command, which lets nothing else in.
        let Ok(network) = nas.address.parse() else { return Ok(None) };
        let rule = match nas.require_message_authenticator {
            true => MessageAuthenticator::Required,
            false => MessageAuthenticator::Optional,
        };
        Ok(Some(Client { ap: ApId(format!("nas:{}", nas.name)), name: nas.name, network, secret, rule }))
    }
}
