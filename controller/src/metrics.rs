//! Every metric of the controller, by topic. A label has only values that stand in these files, or the names of
//! listeners and access points: nothing that a stranger sends becomes a series.

mod access_points;
mod agents;
mod connections;
mod maker;
mod portal;
mod radius;
mod sessions;
mod store;

use std::sync::Arc;

use prometheus::process_collector::ProcessCollector;
use prometheus::{Registry, TextEncoder};

pub use access_points::{ApReading, EVENTS};
pub use agents::AgentMetrics;
pub use connections::ConnectionMetrics;
pub use portal::{Funnel, PortalMetrics};
pub use radius::{
    AccountingMetrics, AuthenticationMetrics, DroppedMetrics, RadiusMetrics, StatusMetrics,
    VerifierCacheMetrics,
};
pub use sessions::SessionMetrics;
pub use store::StoreMetrics;

use maker::Maker;

/// The controller's metrics. Cheap to clone.
#[derive(Clone)]
pub struct Metrics {
    registry: Registry,
    /// Connections to the listeners.
    pub connections: Arc<ConnectionMetrics>,
    /// Access points with an agent of ours, as one fleet.
    pub agents: Arc<AgentMetrics>,
    /// The portal and its funnel.
    pub portal: Arc<PortalMetrics>,
    /// The RADIUS server.
    pub radius: Arc<RadiusMetrics>,
    /// Visits and sessions.
    pub sessions: Arc<SessionMetrics>,
    /// The database.
    pub store: Arc<StoreMetrics>,
}

impl Metrics {
    /// Makes and registers every metric.
    ///
    /// # Errors
    /// Names or labels that the registry does not accept, which is a fault of these files.
    pub fn new() -> Result<Self, prometheus::Error> {
        let registry = Registry::new();
        registry.register(Box::new(ProcessCollector::for_self()))?;
        let maker = Maker::new(&registry);
        let metrics = Self {
            connections: Arc::new(ConnectionMetrics::new(&maker)?),
            agents: Arc::new(AgentMetrics::new(&maker)?),
            portal: Arc::new(PortalMetrics::new(&maker)?),
            radius: Arc::new(RadiusMetrics::new(&maker)?),
            sessions: Arc::new(SessionMetrics::new(&maker)?),
            store: Arc::new(StoreMetrics::new(&maker)?),
            registry,
        };
        Ok(metrics)
    }

    /// All metrics in Prometheus' text format, with those of the access points as they are now.
    ///
    /// # Errors
    /// Only when the encoder cannot write into memory.
    pub fn to_text(&self, access_points: &[ApReading]) -> Result<String, prometheus::Error> {
        let mut families = self.registry.gather();
        families.extend(access_points::families(access_points)?);
        TextEncoder::new().encode_to_string(&families)
    }
}
