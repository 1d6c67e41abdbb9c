//! FreeRADIUS as Debian ships it, with a small configuration of our own: one server over `files`, one over SQLite.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, bail};

use crate::lab::netns::Netns;
use crate::lab::process::Process;

/// Where the SQL queries and tables lie that come with it.
const SQLITE: &str = "/etc/freeradius/3.0/mods-config/sql/main/sqlite";

/// Which of its stores it uses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// Passwords in a text file, records in a text file that is not synced.
    Files,
    /// Both in SQLite, with its queries, threads and connections as shipped.
    Sqlite,
    /// The same with one thread and one connection: SQLite has one writer, so nobody waits for another's lock.
    SqliteAlone,
}

/// Starts it in `netns` with the ports `auth` and `auth + 1`; its files go to `folder`.
///
/// # Errors
/// When it is not installed or refuses its configuration.
pub fn start(
    netns: &Netns,
    folder: &Path,
    kept: Kept,
    auth: u16,
    secret: &str,
    users: &[String],
    password: &str,
) -> Result<Process> {
    if !Path::new("/usr/sbin/freeradius").exists() {
        bail!("freeradius is not installed: run make bench");
    }
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let mut lines = String::new();
    let mut rows = String::from("BEGIN;\n");
    for user in users {
        let _ = writeln!(
            lines,
            "{user} Cleartext-Password := \"{password}\"\n\tSession-Timeout = 43200,\n\tIdle-Timeout = 900,\n\
             \tAcct-Interim-Interval = 600"
        );
        let _ = writeln!(
            rows,
            "INSERT INTO radcheck (username, attribute, op, value) VALUES ('{user}', 'Cleartext-Password', ':=', \
             '{password}');"
        );
        for (attribute, value) in
            [("Session-Timeout", 43200), ("Idle-Timeout", 900), ("Acct-Interim-Interval", 600)]
        {
            let _ = writeln!(
                rows,
                "INSERT INTO radreply (username, attribute, op, value) VALUES ('{user}', '{attribute}', '=', '{value}');"
            );
        }
    }
    rows.push_str("COMMIT;\n");
    fs::write(folder.join("users"), lines)?;
    if kept != Kept::Files {
        let schema =
            fs::read_to_string(format!("{SQLITE}/schema.sql")).context("its tables are not installed")?;
        fill(&folder.join("radius.db"), &(schema + &rows))?;
    }
    fs::write(folder.join("radiusd.conf"), configuration(folder, kept, auth, secret))?;
    let mut command = netns.command("/usr/sbin/freeradius");
    command.args(["-f", "-n", "radiusd", "-d"]).arg(folder);
    Process::start("freeradius", &mut command, &folder.join("output.log"))
}

fn fill(database: &Path, sql: &str) -> Result<()> {
    let script = database.with_extension("sql");
    fs::write(&script, sql)?;
    let done = std::process::Command::new("sqlite3")
        .arg(database)
        .stdin(fs::File::open(&script)?)
        .output()
        .context("cannot run sqlite3")?;
    if !done.status.success() {
        bail!("sqlite3 refuses the tables: {}", String::from_utf8_lossy(&done.stderr));
    }
    Ok(())
}

/// Its parser wants one statement a line.
fn configuration(folder: &Path, kept: Kept, auth: u16, secret: &str) -> String {
    let folder = folder.display();
    let (authorize, accounting) = match kept {
        Kept::Files => ("files", "detail"),
        Kept::Sqlite | Kept::SqliteAlone => ("sql", "sql"),
    };
    let (threads, most, least, spare) = match kept {
        Kept::Files | Kept::Sqlite => (5, 32, 3, 10),
        Kept::SqliteAlone => (1, 1, 1, 1),
    };
    let store = match kept {
        Kept::Files => format!(
            "files {{\nfilename = {folder}/users\n}}\ndetail {{\nfilename = {folder}/detail\npermissions = 0600\n}}\n"
        ),
        // Patient: of several writers of SQLite one works and the others must not give up.
        Kept::Sqlite | Kept::SqliteAlone => format!(
            "sql {{\ndialect = sqlite\ndriver = rlm_sql_sqlite\nsqlite {{\nfilename = {folder}/radius.db\n\
             busy_timeout = 10000\n}}\nradius_db = radius\nacct_table1 = radacct\nacct_table2 = radacct\n\
             postauth_table = radpostauth\nauthcheck_table = radcheck\ngroupcheck_table = radgroupcheck\n\
             authreply_table = radreply\ngroupreply_table = radgroupreply\nusergroup_table = radusergroup\n\
             client_table = nas\nread_groups = no\nread_profiles = no\nsql_user_name = \"%{{User-Name}}\"\n\
             group_attribute = SQL-Group\npool {{\nstart = {threads}\nmin = {least}\nmax = {most}\nspare = {spare}\nuses = 0\nlifetime = 0\n\
             idle_timeout = 0\n}}\n$INCLUDE {SQLITE}/queries.conf\n}}\n"
        ),
    };
    let acct = auth + 1;
    format!(
        "prefix = /usr\nlibdir = /usr/lib/freeradius\nraddbdir = {folder}\nconfdir = {folder}\nrun_dir = {folder}\n\
         db_dir = {folder}\nlogdir = {folder}\nname = radiusd\npidfile = {folder}/radiusd.pid\nmax_request_time = 30\n\
         cleanup_delay = 5\nmax_requests = 16384\nhostname_lookups = no\nproxy_requests = no\n\
         log {{\ndestination = files\nfile = {folder}/radius.log\nauth = no\n}}\n\
         security {{\nmax_attributes = 200\nreject_delay = 0\nstatus_server = yes\n}}\n\
         client bench {{\nipaddr = 127.0.0.0/8\nsecret = \"{secret}\"\nrequire_message_authenticator = yes\n}}\n\
         thread pool {{\nstart_servers = {threads}\nmax_servers = {most}\nmin_spare_servers = {least}\n\
         max_spare_servers = {spare}\nmax_requests_per_server = 0\n}}\n\
         modules {{\npap {{\n}}\nexpr {{\n}}\n{store}}}\n\
         server bench {{\nlisten {{\ntype = auth\nipaddr = 127.0.0.1\nport = {auth}\n}}\n\
         listen {{\ntype = acct\nipaddr = 127.0.0.1\nport = {acct}\n}}\n\
         authorize {{\n{authorize}\npap\n}}\nauthenticate {{\nAuth-Type PAP {{\npap\n}}\n}}\n\
         preacct {{\nupdate request {{\n\
         Acct-Unique-Session-Id := \"%{{md5:%{{User-Name}},%{{Acct-Session-Id}},%{{Packet-Src-IP-Address}}}}\"\n}}\n}}\n\
         accounting {{\n{accounting}\n}}\n}}\n"
    )
}
