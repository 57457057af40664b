//! Captures: of every recorded server one is made, written, read and judged again, and nothing is lost on the way.

use super::servers;
use crate::doctor::capture;
use crate::doctor::shown;
use crate::render::{self, Style};
use crate::report::format::Format;
use crate::report::server_report::ServerReport;
use crate::report::verdict::FailOn;

fn rendered(report: &ServerReport, format: Format) -> String {
    let style = Style { colour: false, width: 80, terminal: false, verbose: true, quiet: false };
    let mut out = Vec::new();
    render::doctor(format, report, FailOn::Never, style, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn what_is_captured_is_judged_as_the_server_was() {
    let mut judged = 0;
    servers::each_captured(|name, captured, live, expected| {
        let report = captured.report.clone().unwrap();
        let json = rendered(&report, Format::Json);
        let written = capture::write(&captured, &[("report.json", json.as_bytes())]).unwrap();
        let read = capture::read(&written).unwrap_or_else(|error| panic!("{name}: {error}"));
        let again = read.shown(&[]).unwrap();
        for format in [Format::Json, Format::Human, Format::Sarif, Format::Junit, Format::Github] {
            assert_eq!(rendered(&again, format), rendered(&report, format), "{name}");
        }
        // But for what a capture is, it is the report of the server itself.
        let without = ServerReport { capture: None, ..report };
        assert_eq!(rendered(&without, Format::Json), rendered(&shown::of(live), Format::Json), "{name}");
        assert!(written.len() < 1 << 20, "{name}: {} bytes", written.len());
        let texts = [&read.answers, &read.listing, &json];
        for secret in &expected.secrets {
            assert!(texts.iter().all(|text| !text.contains(secret)), "{name}: `{secret}` is in the capture");
        }
        judged += usize::from(!read.bundles.is_empty());
    });
    assert!(judged > 50, "{judged} captures have a bundle");
}
