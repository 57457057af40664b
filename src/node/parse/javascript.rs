//! One file of JavaScript, parsed in its own stack and reduced to what loading it needs.

use super::commonjs;
use super::early_errors::refusals;
use super::features::features_of;
use super::goal::Goal;
use super::import_scan::scanned;
use super::lines::LineStarts;
use super::memory_budget::{HeldMemory, MemoryBudget};
use super::messages::{pointed_to, words};
use super::parse_cost::measure;
use super::reader::Reader;
use crate::node::modules::{JudgedScript, Module, ModuleSyntax, NewSyntax, NotParsed, SyntaxFault};
use oxc_allocator::Allocator;
use oxc_ast::ast::Program;
use oxc_diagnostics::{Diagnostics, OxcDiagnostic};
use oxc_parser::{ParseOptions, Parser};
use oxc_semantic::{Scoping, SemanticBuilder, Stats};
use oxc_span::SourceType;
use std::borrow::Cow;

/// Most tokens that may be open at once. Real files stay below 500; V8 itself gives up at some thousands of brackets.
pub(super) const DEEPEST: usize = 3000;
/// Bytes, and tokens that are open at once, of what [`parse_short`] parses: a build with debug assertions takes up to 85 KiB
/// of stack for each level.
const SHORT: usize = 16 << 10;
const FLAT: usize = 40;
/// The stack that so many levels need; only what is used of it takes memory.
pub(super) const STACK: usize = if cfg!(debug_assertions) { 256 << 20 } else { 64 << 20 };
/// Bytes that the memory for trees has from the start, and keeps from one file to the next: only what a tree fills of it
/// is taken from the system, and that once.
const MEMORY: usize = 2 << 20;

/// Memory for the trees of files that are parsed one after the other.
pub(super) fn memory() -> Allocator {
    Allocator::with_capacity(MEMORY)
}

/// Parses a file, in a stack of [`STACK`] bytes, if there is room for its tree. The room is held until [`clear`] was called.
pub(super) fn parse<'b>(
    source: &[u8],
    budget: &'b MemoryBudget,
    memory: &mut Allocator,
) -> (JudgedScript, Option<HeldMemory<'b>>) {
    let (marked, source) = match source.strip_prefix(b"\xef\xbb\xbf") {
        Some(rest) => (true, rest),
        None => (false, source),
    };
    let text = decode(source);
    let Some(cost) = measure(source, DEEPEST) else {
        return (unparsed(&text, NotParsed::TooDeep), None);
    };
    let Some(held) = budget.take(cost.bytes.saturating_add(source.len())) else {
        return (unparsed(&text, NotParsed::TooLarge), None);
    };
    let script = match read(&text, memory) {
        Some(module) => JudgedScript::Parsed(Box::new(completed(module, &text, marked))),
        None => unparsed(&text, NotParsed::Failed),
    };
    (script, Some(held))
}

/// Parses a few lines in the stack of whoever asks; nothing for what is longer or nested more deeply than that.
pub(super) fn parse_short(text: &str) -> Option<JudgedScript> {
    if text.len() > SHORT || measure(text.as_bytes(), FLAT).is_none() {
        return None;
    }
    read(text, &mut Allocator::default()).map(|module| JudgedScript::Parsed(Box::new(completed(module, text, false))))
}

/// Clears the memory for the next file.
pub(super) fn clear(memory: &mut Allocator) {
    memory.reset();
    // Otherwise one large file would keep its memory for as long as the thread is there, beside what the files after it
    // take.
    if memory.capacity() > 2 * MEMORY {
        *memory = self::memory();
    }
}

/// With what does not stand in its tree.
fn completed(mut module: Module, text: &str, marked: bool) -> Module {
    // The scanner stops at a declaration of an ES module, and then finds nothing.
    if !matches!(module.module_syntax, Some((ModuleSyntax::Import | ModuleSyntax::Export, _))) {
        let marked = marked.then(|| commonjs::exported(&format!("\u{feff}{text}")));
        module.commonjs.found = commonjs::exported(text);
        module.commonjs.marked = marked;
    }
    // A hashbang counts at the very start only. Node takes the mark off before it parses an ES module, but 18 and 20 do
    // not before they parse CommonJS (measured).
    if marked && text.starts_with("#!") {
        module.new_syntax = module.new_syntax.iter().copied().chain([(NewSyntax::MarkedHashbang, 1)]).collect();
    }
    module
}

/// A text as Node decodes it: with U+FFFD for what is not UTF-8. Hardly any file has that, and to look for it alone is faster.
fn decode(source: &[u8]) -> Cow<'_, str> {
    str::from_utf8(source).map_or_else(|_| String::from_utf8_lossy(source), Cow::Borrowed)
}

fn unparsed(text: &str, why: NotParsed) -> JudgedScript {
    JudgedScript::Parsed(Box::new(scanned(text, why)))
}

/// What is known of a file with which the parser failed.
pub(super) fn given_up(source: &[u8]) -> JudgedScript {
    unparsed(&decode(source), NotParsed::Failed)
}

/// Why a file is not read as what it was parsed as.
enum NotRead {
    /// V8 stops with it, too.
    Fault(SyntaxFault),
    /// The parser stopped where V8 does not.
    Unsure,
}

/// What a file is; nothing where the parser cannot tell.
fn read(text: &str, memory: &mut Allocator) -> Option<Module> {
    let lines = LineStarts::new(text);
    let as_module = match read_as(text, memory, &lines, Goal::Module) {
        Ok(module) => return Some(with_await_as_name(module, text, memory, &lines)),
        Err(NotRead::Fault(fault)) => Some(fault),
        Err(NotRead::Unsure) => return None,
    };
    memory.reset();
    match read_as(text, memory, &lines, Goal::CommonJs) {
        Ok(module) => Some(Module { as_module, ..module }),
        Err(NotRead::Fault(fault)) => {
            // V8 refuses the first statement of an ES module where it stands, and Node may then read the file as one.
            let Module { module_syntax, as_commonjs: written_as_module, .. } = scanned(text, NotParsed::Failed);
            let first = written_as_module.filter(|statement| statement.line <= fault.line);
            Some(Module { as_module, as_commonjs: first.or(Some(fault)), module_syntax, ..Module::default() })
        }
        Err(NotRead::Unsure) => None,
    }
}

/// A file that awaits outside of functions and is no ES module by anything else may be CommonJS all the same: there
/// `await (…)` calls what is named `await`, which nothing is (measured with Node 18, 20, 22 and 24).
fn with_await_as_name(module: Module, text: &str, memory: &mut Allocator, lines: &LineStarts) -> Module {
    let Some((ModuleSyntax::Await, line)) = module.module_syntax else { return module };
    memory.reset();
    if read_as(text, memory, lines, Goal::CommonJs).is_err() {
        return module;
    }
    let message = ModuleSyntax::AwaitAsName.in_commonjs().into();
    let as_commonjs = Some(SyntaxFault { message, exact: true, line });
    Module { as_commonjs, module_syntax: Some((ModuleSyntax::AwaitAsName, line)), ..module }
}

/// What a file is when it is parsed as this, or the first fault that it then has.
fn read_as(text: &str, memory: &Allocator, lines: &LineStarts, goal: Goal) -> Result<Module, NotRead> {
    let kind = if goal == Goal::Module { SourceType::mjs() } else { SourceType::cjs() };
    let options = ParseOptions {
        // So that `(function () { … })()` is seen to be called where it stands.
        preserve_parens: false,
        allow_return_outside_function: goal == Goal::CommonJs,
        parse_regular_expression: true,
        ..ParseOptions::default()
    };
    let parsed = Parser::new(memory, text, kind).with_options(options).parse();
    if let Some(fault) = first_fault(&parsed.diagnostics, text, goal, lines) {
        return Err(fault);
    }
    let checked = SemanticBuilder::new_compiler().with_stats(expected(text)).build(&parsed.program);
    if let Some(fault) = first_fault(&checked.diagnostics, text, goal, lines) {
        return Err(fault);
    }
    let found = refusals(&parsed.program, checked.semantic.scoping(), goal);
    if let Some((at, message, exact)) = found.fault {
        return Err(NotRead::Fault(SyntaxFault { message: message.into(), exact, line: lines.of(at) }));
    }
    // The checks hold more than the scopes: only those are kept.
    let scoping = checked.semantic.into_scoping();
    let mut module = read_tree(&parsed.program, memory, &scoping, lines);
    if !found.new_syntax.is_empty() {
        let new = found.new_syntax.into_iter().map(|(syntax, at)| (syntax, lines.of(at)));
        module.new_syntax = module.new_syntax.iter().copied().chain(new).collect();
    }
    Ok(module)
}

/// About as many scopes, names and uses of names as code of that length has. More are found all the same, but to count them
/// first takes a walk through the whole tree.
fn expected(text: &str) -> Stats {
    let one_in = |bytes: usize| u32::try_from(text.len() / bytes).unwrap_or(u32::MAX);
    Stats::new(0, one_in(150), one_in(100), one_in(20))
}

fn read_tree<'a>(program: &Program<'a>, memory: &'a Allocator, scoping: &Scoping, lines: &LineStarts) -> Module {
    Module { features: features_of(program, lines), ..Reader::read(program, memory, scoping, lines) }
}

/// The first fault that the parser found, or the checks after it.
fn first_fault(diagnostics: &Diagnostics, text: &str, goal: Goal, lines: &LineStarts) -> Option<NotRead> {
    let first = diagnostics.iter().filter(|found| !is_read_by_v8(found, text)).min_by_key(|found| place(found))?;
    if is_doubtful(first, text) || goal == Goal::CommonJs && follows_let(first, text) {
        return Some(NotRead::Unsure);
    }
    let offset = place(first);
    let (message, exact) = words(first, text);
    Some(NotRead::Fault(SyntaxFault { message: message.into(), exact, line: lines.of(offset) }))
}

/// Where V8 meets a fault: a name that is there twice at the second of them.
fn place(diagnostic: &OxcDiagnostic) -> u32 {
    let places = diagnostic.labels.iter().map(|label| label.offset());
    let twice =
        diagnostic.message.contains("already been declared") || diagnostic.message.starts_with("Duplicated export");
    if twice { places.max() } else { places.min() }.unwrap_or_default()
}

/// A fault that V8 does not find: to it a count in a regular expression that is too large is a very large one (measured
/// with Node 18, 20, 22 and 24: `/a{99999999999,9999999999}/`).
fn is_read_by_v8(diagnostic: &OxcDiagnostic, text: &str) -> bool {
    let counts = ["Number is too large in", "Numbers out of order"];
    counts.iter().any(|said| diagnostic.message.contains(said))
        && pointed_to(diagnostic, text).split(|letter: char| !letter.is_ascii_digit()).any(|number| number.len() > 9)
}

/// What the parser does not expect behind a `let` that begins a statement, where that may be a name, as it is in sloppy code:
/// `let, a`, `let++`, `let: a` (measured with Node 18, 20, 22 and 24).
fn follows_let(diagnostic: &OxcDiagnostic, text: &str) -> bool {
    let before = text.get(..place(diagnostic) as usize).unwrap_or_default().trim_end();
    let rest =
        before.strip_suffix("let").filter(|rest| !rest.ends_with(|c: char| c.is_alphanumeric() || "_$.".contains(c)));
    rest.is_some() && diagnostic.message.contains("Unexpected token")
}

/// A fault after which there is no tree, and that may be none to V8: `f() = 1` stops the code that comes to it only
/// (measured with Node 18, 20, 22 and 24), and `async()` with a line end and a block behind it is a call.
fn is_doubtful(diagnostic: &OxcDiagnostic, text: &str) -> bool {
    match &*diagnostic.message {
        "Cannot assign to this expression" => pointed_to(diagnostic, text).ends_with(')'),
        "Line terminator not permitted before arrow" => !pointed_to(diagnostic, text).starts_with("=>"),
        _ => false,
    }
}
