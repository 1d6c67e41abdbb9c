//! Two fresh machines on the lab's internet, one to be the controller, one an access point, and the engineer.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use hotspot_tests::lab::addresses::{AGENTS4, PORTAL_NAME, PORTAL4, PORTAL6, RESOLVER, uplink};
use hotspot_tests::lab::authority::Authority;
use hotspot_tests::lab::controller::{agents_url, portal_url};
use hotspot_tests::lab::instance::{Instance, alone, program};
use hotspot_tests::lab::internet::Internet;
use hotspot_tests::lab::phone::Phone;
use hotspot_tests::lab::wait::wait_for;
use rustls::ClientConfig;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use super::machine::{ENGINEER, Keys, Machine};
use super::play::Engineer;
use super::tree::{self, Kind};

/// The site that the access point is.
pub const SITE: &str = "hk-16";
/// The controller's host in the inventory.
pub const CONTROLLER: &str = "hk-controller";
/// An interface of the access point that is to be a port of the clients' bridge.
pub const PORT: &str = "wlan7";
const CONTROLLER_UPLINK: u8 = 1;
const SITE_UPLINK: u8 = 11;
const READY_LIMIT: Duration = Duration::from_secs(40);

/// Everything of the test. The order of the fields is the order in which it goes.
pub struct Street {
    /// The engineer.
    pub engineer: Engineer,
    /// The machine of the controller.
    pub controller: Machine,
    /// The machine of the access point.
    pub ap: Machine,
    /// The internet both are on.
    pub internet: Internet,
    /// The programs as they are installed first: controller, agent.
    pub programs: [PathBuf; 2],
    /// Where the test may put files.
    pub folder: PathBuf,
    authority: Authority,
    tls: Arc<ClientConfig>,
    instance: Arc<Instance>,
    _runtime: Runtime,
    _alone: File,
}

impl Street {
    /// Makes images where there are none, and boots both machines from them.
    ///
    /// # Errors
    /// When a part does not come up.
    pub fn boot(name: &str) -> Result<Self> {
        tree::make_missing()?;
        let alone = alone()?;
        let instance = Arc::new(Instance::take(name)?);
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        let authority = Authority::create(instance.logs())?;
        let tls = authority.client()?;
        let internet = Internet::create(&instance, &authority, &runtime)?;
        let folder = instance.state("files")?;
        let keys = Arc::new(Keys::make(&folder)?);
        let mut controller = Machine::new(&instance, &keys, "ctl", Kind::Controller, CONTROLLER_UPLINK)?;
        let mut ap = Machine::new(&instance, &keys, "ap", Kind::AccessPoint, SITE_UPLINK)?;
        trust(&ap, &authority)?;
        controller.power_on(&internet, &[PORTAL4.into(), PORTAL6.into(), AGENTS4.into()])?;
        ap.power_on(&internet, &[])?;
        let programs = [program("hotspot-controller")?, program("ap-agent")?];
        let certificate = authority.issue_files(&[PORTAL_NAME], &folder)?;
        let ssh = keys.options().join(" ");
        let ends = uplink(SITE_UPLINK);
        let inventory = json!({"all": {
            "vars": {
                "ansible_user": "root",
                "ansible_ssh_private_key_file": keys.key,
                "ansible_ssh_common_args": ssh,
                "hotspot_portal_url": portal_url(),
                "hotspot_portal_addresses": [PORTAL4, PORTAL6],
                "hotspot_agents_url": agents_url(),
                "hotspot_resolvers": [RESOLVER],
                "controller_portal_certificate": certificate.cert,
                "controller_portal_key": certificate.key,
                "controller_settings": {"timers": {"sample_ms": 500, "report_ms": 1000, "portal_probe_ms": 1000}},
                "controller_stats_capacity_users": 80,
                "controller_stats_timezone": "Asia/Ho_Chi_Minh",
                "controller_binary": programs[0],
                "ap_agent_binary": programs[1],
                // The images have the packages; the fake internet has no archive.
                "ap_agent_apt_update": false,
                "monitoring_apt_update": false,
                "monitoring_scrape_secs": 1,
            },
            "children": {
                "controller": {"hosts": {CONTROLLER: {
                    "ansible_host": controller.address(),
                    "ansible_user": ENGINEER,
                }}},
                "monitoring": {"hosts": {CONTROLLER: {}}},
                "access_points": {"hosts": {SITE: {
                    "ansible_host": ap.address(),
                    "ap_agent_uplink": "uplink",
                    "ap_agent_uplink_addresses":
                        [format!("{}/30", ends.customer4), format!("{}/64", ends.customer6)],
                    "ap_agent_uplink_gateways": [ends.router4, ends.router6],
                    "ap_agent_ssh_listen": ap.address(),
                    "ap_agent_client_ports": [PORT],
                }}},
            },
        }});
        let engineer = Engineer::new(&instance, &inventory.to_string())?;
        Ok(Self {
            engineer,
            controller,
            ap,
            internet,
            programs,
            folder,
            authority,
            tls,
            instance,
            _runtime: runtime,
            _alone: alone,
        })
    }

    /// A phone, not attached to anything.
    ///
    /// # Errors
    /// When its namespace cannot be made.
    pub fn phone(&self) -> Result<Phone> {
        Phone::create(&self.instance, self.authority.pem(), &self.tls, 1)
    }

    /// Plugs a radio into the access point: the interface [`PORT`].
    ///
    /// # Errors
    /// When it has one.
    pub fn plug_radio(&self) -> Result<()> {
        self.ap.netns()?.ip(&format!("link add {PORT} type veth peer name air")).map(drop)
    }

    /// What `hotspot-controller` answers to `words` on its machine.
    ///
    /// # Errors
    /// When it does not end with 0 or prints no JSON.
    pub fn asked(&self, words: &str) -> Result<Value> {
        let config = "--config /etc/hotspot-controller/controller.toml";
        let line = format!("runuser -u hotspot -- hotspot-controller {words} --json {config}");
        let text = self.controller.ssh(&self.internet, &line)?;
        serde_json::from_str(&text).with_context(|| format!("{words} printed no JSON: {text}"))
    }

    /// Waits until the access point's link is up and it tells phones of the portal.
    ///
    /// # Errors
    /// When that does not come.
    pub fn wait_ready(&self) -> Result<()> {
        let mut last = String::new();
        let ready = wait_for("the access point to be ready", READY_LIMIT, || {
            last = self.ap.ssh(&self.internet, "ap-agent status --json").ok()?;
            let status: Value = serde_json::from_str(&last).ok()?;
            let says = |name: &str| status.get(name) == Some(&Value::Bool(true));
            (says("connected") && says("option_114")).then_some(())
        });
        ready.with_context(|| format!("its status: {last}"))
    }

    /// The value of systemd's `property` of `unit` on `machine`.
    ///
    /// # Errors
    /// When systemd does not answer.
    pub fn property(&self, machine: &Machine, unit: &str, property: &str) -> Result<String> {
        let line = format!("systemctl show --value --property={property} {unit}");
        Ok(machine.ssh(&self.internet, &line)?.trim().to_owned())
    }
}

/// The lab's authority is to the access point what a public one is in the street.
fn trust(machine: &Machine, authority: &Authority) -> Result<()> {
    let bundle = machine.path("etc/ssl/certs/ca-certificates.crt");
    let mut file = File::options().append(true).open(&bundle).context("the image has no certificates")?;
    file.write_all(&fs::read(authority.pem())?).context("cannot add the lab's authority")
}
