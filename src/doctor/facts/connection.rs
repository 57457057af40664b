//! Where the agent connects to, and the connections that its processes hold.

use super::fact::Fact;
use core::net::IpAddr;

/// Where the agent connects to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct ControlPlane {
    /// The address without credentials.
    pub url: String,
    /// Host name or address.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// Where that stands: `ExecStart`, a variable, the agent's registration.
    pub place: String,
    /// What the name leads to now; empty where the name is not known.
    pub addresses: Fact<Vec<IpAddr>>,
    /// The proxies that the agent's variables name for the way there.
    pub proxies: Vec<ProxyServer>,
}

/// A proxy that a variable names (`HTTPS_PROXY`, curl(1), "ENVIRONMENT").
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct ProxyServer {
    /// The variable.
    pub variable: String,
    /// Where that is set: `FILE:LINE`, or a file of variables.
    pub place: String,
    /// Host name or address.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// What the name leads to now.
    pub addresses: Vec<IpAddr>,
}

/// The TCP connections of the unit's processes that are to the control plane's port, or say that there is another.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub(crate) struct Connections {
    /// To an address of the control plane's.
    pub own: Vec<Link>,
    /// To the same port of another address, as `10.0.0.9:4000`.
    pub elsewhere: Vec<String>,
    /// To anything that is not this machine, whatever the port.
    pub outward: Vec<String>,
    /// To a proxy that the agent's variables name: what is behind it, and whether the agent heeds them, only the agent can say.
    pub by_proxy: Vec<Link>,
}

/// One connection.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Link {
    /// The other end, as `10.0.0.9:4000`.
    pub remote: String,
    /// What is seen of it.
    pub state: LinkState,
}

/// What is seen of a connection (the kernel's tcp_states.h, and `struct tcp_info`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum LinkState {
    /// It is established.
    Established,
    /// It is established, something was sent seconds ago, and not one byte has come back.
    Unanswered,
    /// It is established, and what was sent is sent again and again without being acknowledged.
    Stalled,
    /// The other end does not answer the first packet (SYN_SENT).
    Asking,
    /// The other end has closed it (CLOSE_WAIT).
    Closed,
}

impl LinkState {
    /// In the words of `ss`, with what that means.
    #[must_use]
    pub(crate) const fn words(self) -> &'static str {
        match self {
            Self::Established => "ESTAB",
            Self::Unanswered => "ESTAB, and not one byte has come back",
            Self::Stalled => "ESTAB, and what was sent is not acknowledged",
            Self::Asking => "SYN-SENT: nothing answers",
            Self::Closed => "CLOSE-WAIT: the other end has closed it",
        }
    }
}

impl Connections {
    /// Whether the agent is connected to its own control plane at this moment.
    #[must_use]
    pub(crate) fn is_connected(&self) -> bool {
        self.own.iter().any(|link| link.state == LinkState::Established)
    }
}
