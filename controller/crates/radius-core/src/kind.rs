//! Attribute numbers that this crate reads or writes by itself. The whole table is in the crate `radius`, which the
//! shell uses; a test holds these against it.

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $number:literal;)*) => {
        $($(#[$doc])* pub const $name: u8 = $number;)*

        /// Every number of this module with its name, for tests and tables.
        pub const ALL: &[(&str, u8)] = &[$((stringify!($name), $number)),*];
    };
}

kinds! {
    /// Who wants to come in (RFC 2865).
    USER_NAME = 1;
    /// The hidden password (RFC 2865).
    USER_PASSWORD = 2;
    /// The asking NAS's own address (RFC 2865).
    NAS_IP_ADDRESS = 4;
    /// The physical port at the NAS (RFC 2865).
    NAS_PORT = 5;
    /// The session's IPv4 address (RFC 2865).
    FRAMED_IP_ADDRESS = 8;
    /// Text shown to the user (RFC 2865).
    REPLY_MESSAGE = 18;
    /// What the server gave along in a challenge (RFC 2865).
    STATE = 24;
    /// What the server gave along in an accept, returned in accounting (RFC 2865).
    CLASS = 25;
    /// A vendor's own attributes (RFC 2865).
    VENDOR_SPECIFIC = 26;
    /// Seconds until the session must end (RFC 2865).
    SESSION_TIMEOUT = 27;
    /// Seconds without traffic until the session ends (RFC 2865).
    IDLE_TIMEOUT = 28;
    /// What was called: the BSSID and SSID (RFC 2865, RFC 3580).
    CALLED_STATION_ID = 30;
    /// Who called: the station's MAC (RFC 2865, RFC 3580).
    CALLING_STATION_ID = 31;
    /// The NAS's name (RFC 2865).
    NAS_IDENTIFIER = 32;
    /// A proxy's own note, which every reply gives back (RFC 2865).
    PROXY_STATE = 33;
    /// Start, Interim-Update, Stop, On, Off (RFC 2866).
    ACCT_STATUS_TYPE = 40;
    /// For how many seconds this record has been tried (RFC 2866).
    ACCT_DELAY_TIME = 41;
    /// Bytes from the user, modulo 2^32 (RFC 2866).
    ACCT_INPUT_OCTETS = 42;
    /// Bytes to the user, modulo 2^32 (RFC 2866).
    ACCT_OUTPUT_OCTETS = 43;
    /// The session's name at this NAS (RFC 2866).
    ACCT_SESSION_ID = 44;
    /// Seconds the session has lasted (RFC 2866).
    ACCT_SESSION_TIME = 46;
    /// Packets from the user (RFC 2866).
    ACCT_INPUT_PACKETS = 47;
    /// Packets to the user (RFC 2866).
    ACCT_OUTPUT_PACKETS = 48;
    /// Why the session ended (RFC 2866).
    ACCT_TERMINATE_CAUSE = 49;
    /// The name that binds several sessions (RFC 2866).
    ACCT_MULTI_SESSION_ID = 50;
    /// How often the bytes from the user went past 2^32 (RFC 2869).
    ACCT_INPUT_GIGAWORDS = 52;
    /// How often the bytes to the user went past 2^32 (RFC 2869).
    ACCT_OUTPUT_GIGAWORDS = 53;
    /// When it happened, in seconds since 1970 (RFC 2869).
    EVENT_TIMESTAMP = 55;
    /// A piece of an EAP conversation (RFC 3579).
    EAP_MESSAGE = 79;
    /// HMAC-MD5 over the whole packet (RFC 3579).
    MESSAGE_AUTHENTICATOR = 80;
    /// Seconds between two interim records (RFC 2869).
    ACCT_INTERIM_INTERVAL = 85;
    /// The asking NAS's own IPv6 address (RFC 3162).
    NAS_IPV6_ADDRESS = 95;
    /// An IPv6 prefix of the session (RFC 3162).
    FRAMED_IPV6_PREFIX = 97;
    /// An IPv6 address of the session (RFC 6911).
    FRAMED_IPV6_ADDRESS = 168;
}
