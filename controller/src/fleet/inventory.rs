//! What the store says of the access points, in memory: names for pages, keys for the listener.

use std::collections::{BTreeMap, HashMap};

use agent_protocol::enroll::KeyPin;
use store::{AccessPoint, Name, Store, StoreError, Zone};

/// One access point as pages and listener need it.
#[derive(Debug, Clone, PartialEq)]
pub struct Spot {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: Name,
    /// Name of its zone.
    pub zone: Option<Name>,
    /// Latitude, WGS 84 degrees.
    pub lat: f64,
    /// Longitude, WGS 84 degrees.
    pub lon: f64,
}

/// All access points by id, and the keys that may connect.
#[derive(Debug, Clone, Default)]
pub struct Inventory {
    spots: BTreeMap<String, Spot>,
    pins: HashMap<KeyPin, String>,
    pin_of: BTreeMap<String, KeyPin>,
}

impl Inventory {
    /// Reads the inventory.
    ///
    /// # Errors
    /// What the store says.
    pub async fn load(store: &Store) -> Result<Self, StoreError> {
        let (points, zones) = (store.access_points().await?, store.zones().await?);
        Ok(Self::new(points, zones))
    }

    /// An inventory of these access points.
    #[must_use]
    pub fn new(points: Vec<AccessPoint>, zones: Vec<Zone>) -> Self {
        let zones: BTreeMap<String, Name> = zones.into_iter().map(|zone| (zone.id, zone.name)).collect();
        let mut inventory = Self::default();
        for point in points {
            let id = point.id.0;
            if let Some(key) = point.agent_key.filter(|_| point.revoked.is_none()) {
                inventory.pins.insert(KeyPin(key), id.clone());
                inventory.pin_of.insert(id.clone(), KeyPin(key));
            }
            // A zone without a description of its own has its id as name: that says nothing to a visitor.
            let zone = zones.get(&point.zone).filter(|name| name.vi != point.zone).cloned();
            let spot = Spot { id: id.clone(), name: point.name, zone, lat: point.lat, lon: point.lon };
            inventory.spots.insert(id, spot);
        }
        inventory
    }

    /// The access point whose agent has this key and is not revoked.
    #[must_use]
    pub fn by_pin(&self, pin: &KeyPin) -> Option<&str> {
        self.pins.get(pin).map(String::as_str)
    }

    /// The key an access point connects with.
    #[must_use]
    pub fn pin_of(&self, ap: &str) -> Option<&KeyPin> {
        self.pin_of.get(ap)
    }

    /// One access point.
    #[must_use]
    pub fn spot(&self, ap: &str) -> Option<&Spot> {
        self.spots.get(ap)
    }

    /// All access points, by id.
    pub fn spots(&self) -> impl Iterator<Item = &Spot> {
        self.spots.values()
    }

    /// Other access points, the nearest to `ap` first.
    #[must_use]
    pub fn nearest_to(&self, ap: &str) -> Vec<&Spot> {
        let Some(here) = self.spots.get(ap) else { return Vec::new() };
        let mut others: Vec<&Spot> = self.spots.values().filter(|spot| spot.id != ap).collect();
        others.sort_by(|a, b| here.distance(a).total_cmp(&here.distance(b)));
        others
    }
}

impl Spot {
    /// A number that grows with the distance; exact enough to order spots of one city.
    fn distance(&self, other: &Self) -> f64 {
        let north = self.lat - other.lat;
        let east = (self.lon - other.lon) * self.lat.to_radians().cos();
        north.hypot(east)
    }
}

#[cfg(test)]
mod tests {
    use session_core::{ApId, DomainId, UnixMs};

    use super::*;

    fn point(id: &str, lat: f64, key: Option<[u8; 32]>) -> AccessPoint {
        AccessPoint {
            id: ApId::from(id),
            name: Name::same(id),
            zone: "east".to_owned(),
            lat,
            lon: 105.85,
            domain: DomainId::from("hoankiem"),
            agent_key: key,
            enrolled: None,
            revoked: None,
        }
    }

    #[test]
    fn a_key_finds_its_access_point_until_it_is_revoked() {
        let mut points = vec![point("a", 21.0, Some([1; 32])), point("b", 21.1, None)];
        let inventory = Inventory::new(points.clone(), vec![]);
        assert_eq!(inventory.by_pin(&KeyPin([1; 32])), Some("a"));
        assert_eq!(inventory.by_pin(&KeyPin([2; 32])), None);
        points[0].revoked = Some(UnixMs(5));
        assert_eq!(Inventory::new(points, vec![]).by_pin(&KeyPin([1; 32])), None);
    }

    #[test]
    fn neighbours_come_nearest_first() {
        let points = vec![point("a", 21.0, None), point("far", 21.9, None), point("near", 21.1, None)];
        let inventory = Inventory::new(points, vec![]);
        let order: Vec<&str> = inventory.nearest_to("a").iter().map(|spot| spot.id.as_str()).collect();
        assert_eq!(order, ["near", "far"]);
        assert!(inventory.nearest_to("nowhere").is_empty());
    }

    #[test]
    fn a_zone_nobody_described_is_not_shown() {
        let zone = Zone {
            id: "east".to_owned(),
            name: Name { vi: "Bờ đông".to_owned(), en: "East".to_owned() },
        };
        let points = vec![point("a", 21.0, None)];
        let named = Inventory::new(points.clone(), vec![zone]);
        assert_eq!(named.spot("a").unwrap().zone.as_ref().unwrap().en, "East");
        let bare = Inventory::new(points, vec![Zone { id: "east".to_owned(), name: Name::same("east") }]);
        assert_eq!(bare.spot("a").unwrap().zone, None);
    }
}
