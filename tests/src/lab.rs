//! The lab: a fake internet, the real controller, access points with the real agent, and phones, all in network
//! namespaces of one number that go when the lab is dropped.

pub mod access_point;
pub mod addresses;
pub mod authority;
pub mod capture;
pub mod clock;
pub mod command;
pub mod controller;
pub mod dnsmasq;
pub mod hand_agent;
pub mod http;
pub mod instance;
pub mod internet;
pub mod nas;
pub mod netns;
pub mod packet;
pub mod phone;
pub mod probe;
pub mod process;
pub mod resolve;
pub mod sessions;
pub mod transfer;
pub mod wait;
pub mod web;

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use rustls::ClientConfig;
use tokio::runtime::Runtime;

use access_point::AccessPoint;
use addresses::RESOLVER;
use authority::Authority;
use capture::Capture;
use controller::{Controller, Timers};
use http::Client;
use instance::Instance;
use internet::Internet;
use nas::Nas;
use netns::Netns;
use phone::Phone;

/// Ids of the sites that the lab's access points are, in order.
pub const SITES: [&str; 4] = ["hk-16", "hk-18", "hk-07", "hk-01"];
const FIRST_UPLINK: u8 = 11;

/// What kind of lab is wanted.
#[derive(Debug, Clone, Copy)]
pub struct Settings<'a> {
    /// Names the folder of its logs: `target/lab/NAME`.
    pub name: &'a str,
    /// How many access points are set up, at most as many as [`SITES`].
    pub access_points: usize,
    /// The agents' timers.
    pub timers: Timers,
    /// Further settings of the controller as environment variables (`HOTSPOT__SECTION__KEY`).
    pub controller: &'a [(&'a str, &'a str)],
    /// Options of `plan add` for the plan that visitors get; empty for the plan as shipped.
    pub plan: &'a [&'a str],
}

impl<'a> Settings<'a> {
    /// Two access points with fast timers.
    #[must_use]
    pub fn new(name: &'a str) -> Self {
        Self { name, access_points: 2, timers: Timers::FAST, controller: &[], plan: &[] }
    }
}

/// A running lab. Dropping it ends every program and removes every namespace.
pub struct Lab {
    /// The access points, in the order of [`SITES`].
    pub access_points: Vec<AccessPoint>,
    /// The controller.
    pub controller: Controller,
    /// The fake internet and the city's network.
    pub internet: Internet,
    authority: Authority,
    tls: Arc<ClientConfig>,
    phones: u16,
    runtime: Option<Runtime>,
    instance: Arc<Instance>,
    _alone: Option<File>,
}

impl Lab {
    /// Builds a lab for a test: it waits until no other test's lab runs, so that figures are its own.
    ///
    /// # Errors
    /// When a part does not come up; what was made is removed again.
    pub fn for_test(settings: &Settings<'_>) -> Result<Self> {
        let alone = instance::alone()?;
        let mut lab = Self::start(settings)?;
        lab._alone = Some(alone);
        Ok(lab)
    }

    /// Builds a lab with everything in it running.
    ///
    /// # Errors
    /// When a part does not come up; what was made is removed again.
    pub fn start(settings: &Settings<'_>) -> Result<Self> {
        let mut lab = Self::without_access_points(settings)?;
        for number in 0..settings.access_points {
            lab.add_access_point(number)?;
        }
        for ap in &mut lab.access_points {
            ap.power_on(&lab.internet)?;
            ap.enroll(&lab.controller)?;
            ap.start_agent()?;
        }
        for ap in &mut lab.access_points {
            ap.wait_ready()?;
        }
        Ok(lab)
    }

    /// Builds internet and controller alone.
    ///
    /// # Errors
    /// When a part does not come up; what was made is removed again.
    pub fn without_access_points(settings: &Settings<'_>) -> Result<Self> {
        let instance = Arc::new(Instance::take(settings.name)?);
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .context("cannot start the runtime of the fake internet")?;
        let authority = Authority::create(instance.logs())?;
        let tls = authority.client()?;
        let internet = Internet::create(&instance, &authority, &runtime)?;
        let controller = Controller::create(&instance, &internet, &authority, settings)?;
        Ok(Self {
            access_points: Vec::new(),
            controller,
            internet,
            authority,
            tls,
            phones: 0,
            runtime: Some(runtime),
            instance,
            _alone: None,
        })
    }

    /// Adds site `number` of [`SITES`] as an access point that is powered off and not enrolled.
    ///
    /// # Errors
    /// When there is no such site.
    pub fn add_access_point(&mut self, number: usize) -> Result<()> {
        let id = SITES.get(number).with_context(|| format!("the lab has no site number {number}"))?;
        let uplink = FIRST_UPLINK + u8::try_from(number).context("too many access points")?;
        self.access_points.push(AccessPoint::new(&self.instance, &self.authority, id, uplink)?);
        Ok(())
    }

    /// Access point `number`, from 0.
    ///
    /// # Errors
    /// When there is no such access point.
    pub fn ap(&self, number: usize) -> Result<&AccessPoint> {
        self.access_points.get(number).with_context(|| format!("the lab has no access point {number}"))
    }

    /// Access point `number`, from 0, to be started and stopped.
    ///
    /// # Errors
    /// When there is no such access point.
    pub fn ap_mut(&mut self, number: usize) -> Result<&mut AccessPoint> {
        self.access_points.get_mut(number).with_context(|| format!("the lab has no access point {number}"))
    }

    /// Powers access point `number` on; its agent is not started.
    ///
    /// # Errors
    /// When it is on already or a part cannot be made.
    pub fn power_on(&mut self, number: usize) -> Result<()> {
        let ap = self.access_points.get_mut(number).context("the lab has no such access point")?;
        ap.power_on(&self.internet)
    }

    /// A new phone, not attached to anything.
    ///
    /// # Errors
    /// When its namespace cannot be made.
    pub fn phone(&mut self) -> Result<Phone> {
        self.phones += 1;
        Phone::create(&self.instance, self.authority.pem(), &self.tls, self.phones)
    }

    /// A new phone that has joined access point `number`.
    ///
    /// # Errors
    /// When it gets no addresses.
    pub fn joined_phone(&mut self, number: usize) -> Result<Phone> {
        let mut phone = self.phone()?;
        phone.join(self.ap(number)?)?;
        Ok(phone)
    }

    /// An access point of another make, known to the controller as `name`.
    ///
    /// # Errors
    /// When it cannot be connected or the controller does not take it.
    pub fn nas(&self, name: &str, zone: Option<&str>) -> Result<Nas> {
        Nas::create(&self.instance, &self.internet, &self.controller, name, zone)
    }

    /// A client anywhere else on the internet.
    ///
    /// # Errors
    /// When the namespace cannot be entered.
    pub fn outside_client(&self, language: &str) -> Result<Client> {
        let netns = Arc::new(Netns::open(self.internet.netns().name())?);
        Ok(Client::new(netns, RESOLVER, self.tls.clone(), language))
    }

    /// A client beside the controller, for its operators' and monitoring listeners.
    ///
    /// # Errors
    /// When the namespace cannot be entered.
    pub fn controller_client(&self, language: &str) -> Result<Client> {
        let netns = Arc::new(Netns::open(self.controller.netns().name())?);
        Ok(Client::new(netns, RESOLVER, self.tls.clone(), language))
    }

    /// Starts a capture of `interface` (`any` for all) in `netns`, kept as `NAME.pcap` beside the logs.
    ///
    /// # Errors
    /// When tcpdump does not listen.
    pub fn capture(&self, name: &str, netns: &Netns, interface: &str) -> Result<Capture> {
        Capture::start(self.instance.logs(), name, netns, interface)
    }

    /// The certificate of the lab's authority, PEM.
    #[must_use]
    pub fn authority(&self) -> &Path {
        self.authority.pem()
    }

    /// The folder of the lab's logs and captures.
    #[must_use]
    pub fn logs(&self) -> &Path {
        self.instance.logs()
    }

    /// This lab's number and place on the machine.
    #[must_use]
    pub fn instance(&self) -> &Arc<Instance> {
        &self.instance
    }

    /// The runtime the fake internet runs on.
    ///
    /// # Errors
    /// Never while the lab lives.
    pub fn runtime(&self) -> Result<&Runtime> {
        self.runtime.as_ref().context("the lab's runtime has ended")
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        self.access_points.clear();
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
