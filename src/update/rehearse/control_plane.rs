//! A stand-in for the control plane on the loopback: it serves the archive to step 1 of the update, and takes the agent's
//! WebSocket. It says nothing by itself; whatever else is asked for is not found.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;
use tungstenite::handshake::derive_accept_key;
use tungstenite::protocol::{Role, WebSocket};

/// Bytes of a request's head.
const MAX_HEAD: usize = 64 * 1024;
/// How long a client may take to send its request.
const PATIENCE: Duration = Duration::from_secs(20);

/// What is served, and where.
#[derive(Clone, Debug)]
pub(super) struct Served {
    /// The path of the archive, such as `/agent-bundle.tar.gz`.
    pub archive_path: &'static str,
    /// The archive; nothing to have every download not found.
    pub archive: Option<PathBuf>,
    /// The path of the WebSocket, such as `/api/connect`.
    pub connect_path: &'static str,
}

/// A running server; dropped, it and its connections are closed.
pub(super) struct StandIn {
    address: SocketAddr,
    shared: Arc<StandInState>,
}

#[derive(Default)]
struct StandInState {
    closed: AtomicBool,
    next: AtomicU64,
    /// Every connection, with whether it is an agent's WebSocket by now.
    open: Mutex<HashMap<u64, (TcpStream, bool)>>,
}

impl StandIn {
    /// Listens on a free port of 127.0.0.1.
    ///
    /// # Errors
    /// When it cannot listen, or has no thread to listen on.
    pub(super) fn start(served: Served) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let shared = Arc::new(StandInState::default());
        let served = Arc::new(served);
        let inner = Arc::clone(&shared);
        thread::Builder::new().spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if inner.closed.load(Ordering::Relaxed) {
                    break;
                }
                let Ok(twin) = stream.try_clone() else { continue };
                let (shared, its_own) = (Arc::clone(&inner), Arc::clone(&served));
                // A client that goes away is its own business. Without a thread for each, the next one waits.
                if thread::Builder::new().spawn(move || shared.attend(twin, &its_own)).is_err() {
                    inner.attend(stream, &served);
                }
            }
        })?;
        Ok(Self { address, shared })
    }

    /// Its address, without a slash at the end.
    #[must_use]
    pub(super) fn address(&self) -> String {
        format!("http://{}", self.address)
    }

    /// How many agents are connected at this moment.
    #[must_use]
    pub(super) fn connected(&self) -> usize {
        self.shared.streams().values().filter(|(_, agent)| *agent).count()
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        self.shared.closed.store(true, Ordering::Relaxed);
        for (stream, _) in self.shared.streams().values() {
            let _ = stream.shutdown(Shutdown::Both);
        }
        // Wakes the thread that waits for the next client.
        let _ = TcpStream::connect(self.address);
    }
}

impl StandInState {
    fn streams(&self) -> std::sync::MutexGuard<'_, HashMap<u64, (TcpStream, bool)>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn attend(&self, stream: TcpStream, served: &Served) {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        if let Ok(twin) = stream.try_clone() {
            self.streams().insert(id, (twin, false));
        }
        let _ = self.answer(id, stream, served);
        self.streams().remove(&id);
    }

    fn answer(&self, id: u64, mut stream: TcpStream, served: &Served) -> io::Result<()> {
        stream.set_read_timeout(Some(PATIENCE))?;
        let Some(asked) = Requested::read(&mut stream)? else {
            return respond(&mut stream, "400 Bad Request", b"not a request\n");
        };
        if asked.path == served.connect_path
            && let Some(key) = &asked.websocket_key
        {
            let accept = derive_accept_key(key.as_bytes());
            write!(
                stream,
                "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n\r\n"
            )?;
            stream.set_read_timeout(None)?;
            if let Some((_, agent)) = self.streams().get_mut(&id) {
                *agent = true;
            }
            let mut socket = WebSocket::from_raw_socket(stream, Role::Server, None);
            // Reading answers pings and the closing handshake.
            while socket.read().is_ok() {}
            return Ok(());
        }
        match served.archive.as_deref().filter(|_| asked.path == served.archive_path) {
            Some(archive) => send(&mut stream, archive),
            None => respond(&mut stream, "404 Not Found", b"<!doctype html><title>404 Not Found</title>\n"),
        }
    }
}

fn send(stream: &mut TcpStream, archive: &Path) -> io::Result<()> {
    let mut file = File::open(archive)?;
    let length = file.metadata()?.len();
    write!(
        stream,
        "HTTP/1.1 200 OK\r\nContent-Type: application/gzip\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
    )?;
    io::copy(&mut file, stream)?;
    stream.flush()
}

fn respond(stream: &mut TcpStream, status: &str, body: &[u8]) -> io::Result<()> {
    write!(stream, "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len())?;
    stream.write_all(body)?;
    stream.flush()
}

/// What a client asks for.
struct Requested {
    /// Without the query.
    path: String,
    websocket_key: Option<String>,
}

impl Requested {
    /// Reads a request's head; nothing where it is none.
    fn read(stream: &mut TcpStream) -> io::Result<Option<Self>> {
        let mut head = Vec::new();
        let mut byte = [0; 1];
        // Byte by byte: what follows the head belongs to the WebSocket.
        while !head.ends_with(b"\r\n\r\n") {
            if head.len() >= MAX_HEAD || stream.read(&mut byte)? == 0 {
                return Ok(None);
            }
            head.extend(byte);
        }
        let mut headers = [httparse::EMPTY_HEADER; 100];
        let mut request = httparse::Request::new(&mut headers);
        if request.parse(&head).is_err() {
            return Ok(None);
        }
        let path = request.path.unwrap_or_default();
        let path = path.split(['?', '#']).next().unwrap_or_default().to_owned();
        let websocket_key = request
            .headers
            .iter()
            .find(|header| header.name.eq_ignore_ascii_case("sec-websocket-key"))
            .and_then(|header| std::str::from_utf8(header.value).ok())
            .map(|key| key.trim().to_owned());
        Ok(Some(Self { path, websocket_key }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Instant;

    fn served(archive: Option<PathBuf>) -> StandIn {
        let served = Served { archive_path: "/agent-bundle.tar.gz", archive, connect_path: "/api/connect" };
        StandIn::start(served).unwrap()
    }

    fn ask(plane: &StandIn, request: &str) -> String {
        let mut stream = TcpStream::connect(plane.address).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    fn settles(plane: &StandIn, count: usize) -> bool {
        let until = Instant::now() + Duration::from_secs(5);
        while plane.connected() != count && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(5));
        }
        plane.connected() == count
    }

    #[test]
    fn the_archive_is_served_and_nothing_else_is() {
        let folder = tempfile::tempdir().unwrap();
        let archive = folder.path().join("a");
        std::fs::write(&archive, "the archive").unwrap();
        let plane = served(Some(archive));
        let found = ask(&plane, "GET /agent-bundle.tar.gz?v=1 HTTP/1.1\r\nHost: x\r\n\r\n");
        assert!(found.starts_with("HTTP/1.1 200 OK\r\n") && found.ends_with("\r\n\r\nthe archive"), "{found}");
        for path in ["/", "/agent-bundle.tar.gz.minisig", "/api/connect"] {
            let answer = ask(&plane, &format!("GET {path} HTTP/1.1\r\n\r\n"));
            assert!(answer.starts_with("HTTP/1.1 404 "), "{path}: {answer}");
        }
        assert!(ask(&plane, "nonsense\r\n\r\n").starts_with("HTTP/1.1 400 "));
        assert!(ask(&served(None), "GET /agent-bundle.tar.gz HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 404 "));
    }

    #[test]
    fn an_agent_is_connected_as_long_as_its_socket_is() {
        let plane = served(None);
        let mut stream = TcpStream::connect(plane.address).unwrap();
        // The key and its answer are RFC 6455's example, section 1.3.
        let request = "GET /api/connect?token=x HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
            Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = [0; 32];
        stream.read_exact(&mut answer).unwrap();
        assert!(answer.starts_with(b"HTTP/1.1 101 "));
        assert!(settles(&plane, 1));
        let mut rest = vec![0; 1024];
        let length = stream.read(&mut rest).unwrap();
        assert!(String::from_utf8_lossy(&rest[..length]).contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
        // A ping with an empty mask is answered by a pong.
        stream.write_all(&[0x89, 0x80, 0, 0, 0, 0]).unwrap();
        let mut pong = [0; 2];
        stream.read_exact(&mut pong).unwrap();
        assert_eq!(pong, [0x8a, 0]);
        drop(stream);
        assert!(settles(&plane, 0));
    }
}
