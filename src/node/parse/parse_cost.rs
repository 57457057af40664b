//! How much a file can ask of the parser, told before it is parsed: its tokens and how deep they nest.
//!
//! The parser descends recursively and builds its whole tree in memory. A file is an archive's, and may be made to
//! overflow the stack or fill the memory; both are bounded here, by a pass over the tokens that takes no memory itself.
//! What it says is an upper bound: every level of nesting takes a token, and a token stops counting only where whatever
//! it belongs to has certainly ended.
//!
//! Whether a `/` divides or begins a regular expression, and whether `<!--` is a comment, can depend on all that stands
//! before it. Where it does, both readings are followed side by side. They are soon one again, or the wrong one comes to
//! what stops the parser: a string that its line does not close, a bracket that closes another one.

use super::cost_scan::{CostScan, Halt, ParseCost};

/// How many readings are followed at once.
const MAX_READINGS: usize = 16;

/// Measures a file; nothing where it nests more than `deepest` levels, or has too many readings.
pub(super) fn measure(source: &[u8], deepest: usize) -> Option<ParseCost> {
    let mut readings = vec![CostScan::new(source, deepest)];
    let mut cost = ParseCost { bytes: 0, depth: 0 };
    while let Some(mut scan) = furthest_behind(&mut readings) {
        // Alone it goes on to its end; beside others a step at a time, so that they meet.
        let halt = if readings.is_empty() { scan.run() } else { scan.step() };
        let (is_over, fork) = match halt {
            Ok(()) => (scan.at >= source.len(), None),
            Err(Halt::TooDeep) => return None,
            Err(Halt::Fault) => (true, None),
            Err(Halt::Fork(what)) => (false, Some(what)),
        };
        if is_over {
            cost.take_larger(scan.cost);
            continue;
        }
        let (one, other) = scan.fork(fork);
        for scan in std::iter::once(one).chain(other) {
            match scan {
                Ok(scan) => meet(&mut readings, scan),
                Err(Halt::TooDeep) => return None,
                Err(_) => {}
            }
        }
        if readings.len() > MAX_READINGS {
            return None;
        }
    }
    Some(cost)
}

/// Takes out the reading that has come least far.
fn furthest_behind<'s>(readings: &mut Vec<CostScan<'s>>) -> Option<CostScan<'s>> {
    let (number, _) = readings.iter().enumerate().min_by_key(|(_, scan)| scan.at)?;
    Some(readings.swap_remove(number))
}

/// Adds a reading, or makes it one with another that goes on in the same way.
fn meet<'s>(readings: &mut Vec<CostScan<'s>>, scan: CostScan<'s>) {
    match readings.iter_mut().find(|other| other.goes_on_like(&scan)) {
        Some(other) => other.take_larger(&scan),
        None => readings.push(scan),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn depth(source: &str) -> Option<usize> {
        measure(source.as_bytes(), 1_000_000).map(|cost| cost.depth)
    }

    #[test]
    fn what_nests_counts_whatever_it_is_made_of() {
        for (case, unit, tail) in [
            ("brackets", "[", ""),
            ("parentheses", "(", ""),
            ("functions", "()=>{", ""),
            ("blocks", "{", ""),
            ("prefixes", "!", "a"),
            ("words", "typeof ", "a"),
            ("arrows", "a=>", "a"),
            ("async arrows", "async a=>", "a"),
            ("async arrows in lines", "async a\n=>", "a"),
            ("assignments", "a=", "a"),
            ("powers", "a**", "a"),
            ("sums", "a+", "a"),
            ("conditions", "a?a:", "a"),
            ("members", "a.a.", "a"),
            ("calls", "()", ""),
            ("if", "if(a)", "a"),
            ("else", "if(a)b;else ", "a"),
            ("else behind blocks", "if(a){}else ", "a"),
            ("labels", "a:", "a"),
            ("templates", "`${", ""),
            ("strings that look like brackets", "[')]}',", ""),
            ("regular expressions that look like brackets", "[/[)}/]]/,", ""),
            ("divisions that look like strings", "[a/'/',", ""),
            ("objects", "({a:", ""),
            ("loops", "for(;;)", "a"),
            ("new", "new ", "a"),
            ("await", "await ", "a"),
            ("yield", "yield ", "a"),
            ("comments between", "(/*)*/", ""),
            ("line comments ended by U+2028", "(//)\u{2028}(", ""),
            ("spread regular expressions that look like brackets", "[.../)/,(", ""),
            ("after blanks that are not of ASCII", "f(typeof\u{a0}/)/,[", ""),
            ("behind a regular expression after a block", "{}/[']/.test(a)\n[", ""),
            ("behind a division after an object", "({}/2/(", ""),
            ("behind one that looks like another", "({}/')/.b,'/'+[", ""),
            ("awaited regular expressions", "(await /[(]/,[", ""),
            ("behind a loop that awaits", "for await(a of b)/[)'\"]/.c\n{", ""),
            ("behind comments of HTML", "<!-- ' }\n{", ""),
            ("behind what looks like one", "(a<!--b,\n(", ""),
            ("behind arrows that are comments", "{\n--> ' }\n", ""),
        ] {
            let found = depth(&format!("{}{tail}", unit.repeat(1000)));
            // One has more readings than are followed.
            let is_followed = case != "behind one that looks like another";
            assert!(found.map_or(!is_followed, |depth| depth >= 1000), "{case}: {found:?}");
        }
    }

    #[test]
    fn what_stands_side_by_side_does_not_count() {
        for (case, unit) in [
            ("statements", "foo(a, b);\n"),
            ("functions", "function f(a) { return a / 2; }\n"),
            ("methods", "}\nfoo() { return /a/.test(b); "),
            ("without semicolons", "const a = b\n"),
            ("elements", "[1], 'a', "),
            ("classes", "class A { x() {} get y() { return 1 } static z = 2; }\n"),
            ("imports", "import { a, b } from './c.js';\n"),
            ("regular expressions after blocks", "{ } /[(']/.test(a);\n"),
            ("divisions after objects", "({}/2/3);\n"),
            ("divisions after calls", "await (a)/2; yield /3/4;\n"),
            ("comments of HTML", "a<!-- ' (\n--> ' (\n"),
            ("strings", "'a' + 'b';\n"),
            ("templates", "`a${b}c`;\n"),
        ] {
            let found = depth(&format!("class X {{ a() {{\n{}", unit.repeat(2000)));
            assert!(found.is_some_and(|depth| depth < 60), "{case}: {found:?}");
        }
    }
}
