//! One file of JavaScript, parsed in its own stack and reduced to what loading it needs.

use super::commonjs;
use super::features::features_of;
use super::lines::Lines;
use super::memory_budget::MemoryBudget;
use super::parse_cost::measure;
use super::reader::Reader;
use super::scopes::Goal;
use crate::node::modules::{CommonJs, Module, ModuleSyntax, NewSyntax, NotParsed, Script, SyntaxFault};
use oxc_allocator::Allocator;
use oxc_ast::ast::Program;
use oxc_diagnostics::Diagnostics;
use oxc_parser::{ParseOptions, Parser};
use oxc_semantic::{Scoping, SemanticBuilder};
use oxc_span::SourceType;
use std::borrow::Cow;

/// Most tokens that may be open at once. Real files stay below 500; V8 itself gives up at some thousands of brackets.
pub(super) const DEEPEST: usize = 3000;
/// The stack that so many levels need; only what is used of it takes memory.
pub(super) const STACK: usize = if cfg!(debug_assertions) { 256 << 20 } else { 64 << 20 };
/// Bytes of memory that the parser's tree takes for a token, at most.
const BYTES_OF_A_TOKEN: usize = 120;

/// Bytes that the memory for trees has from the start, and keeps from one file to the next: only what a tree fills of it
/// is taken from the system, and that once.
const MEMORY: usize = 2 << 20;

/// Memory for the trees of files that are parsed one after the other.
pub(super) fn memory() -> Allocator {
    Allocator::with_capacity(MEMORY)
}

/// Parses a file, in a stack of [`STACK`] bytes, if there is room for its tree. The memory for the tree is used again for
/// the next.
pub(super) fn parse(source: &[u8], budget: &MemoryBudget, memory: &mut Allocator) -> Script {
    let (marked, source) = match source.strip_prefix(b"\xef\xbb\xbf") {
        Some(rest) => (true, rest),
        None => (false, source),
    };
    let Some(cost) = measure(source, DEEPEST) else {
        return Script::NotParsed(NotParsed::TooDeep);
    };
    let Some(held) = budget.take(cost.tokens.saturating_mul(BYTES_OF_A_TOKEN).saturating_add(source.len())) else {
        return Script::NotParsed(NotParsed::TooLarge);
    };
    // Node decodes files with U+FFFD for what is not UTF-8. Hardly any file has that, and to look for it alone is faster.
    let text = str::from_utf8(source).map_or_else(|_| String::from_utf8_lossy(source), Cow::Borrowed);
    let mut module = read(&text, memory);
    // The scanner stops at a declaration of an ES module, and then finds nothing.
    if !matches!(module.module_syntax, Some((ModuleSyntax::Import | ModuleSyntax::Export, _))) {
        let marked = marked.then(|| commonjs::exported(&format!("\u{feff}{text}")));
        module.commonjs = CommonJs { found: commonjs::exported(&text), marked };
    }
    memory.reset();
    // Otherwise one large file would keep its memory for as long as the thread is there, beside what the files after it
    // take.
    if memory.capacity() > 2 * MEMORY {
        *memory = self::memory();
    }
    drop(held);
    // A hashbang counts at the very start only. Node takes the mark off before it parses an ES module, but 18 and 20 do
    // not before they parse CommonJS (measured).
    if marked && text.starts_with("#!") {
        module.new_syntax = module.new_syntax.iter().copied().chain([(NewSyntax::MarkedHashbang, 1)]).collect();
    }
    Script::Parsed(Box::new(module))
}

fn read(text: &str, memory: &mut Allocator) -> Module {
    let lines = Lines::new(text);
    let as_module = match read_as(text, memory, &lines, Goal::Module) {
        Ok(module) => return module,
        Err(fault) => Some(fault),
    };
    memory.reset();
    match read_as(text, memory, &lines, Goal::CommonJs) {
        Ok(module) => Module { as_module, ..module },
        Err(fault) => Module { as_module, as_commonjs: Some(fault), ..Module::default() },
    }
}

/// What a file is when it is parsed as this, or the first fault that it then has.
fn read_as(text: &str, memory: &Allocator, lines: &Lines, goal: Goal) -> Result<Module, SyntaxFault> {
    let kind = if goal == Goal::Module { SourceType::mjs() } else { SourceType::cjs() };
    let options = ParseOptions {
        // So that `(function () { … })()` is seen to be called where it stands.
        preserve_parens: false,
        allow_return_outside_function: goal == Goal::CommonJs,
        parse_regular_expression: true,
        ..ParseOptions::default()
    };
    let parsed = Parser::new(memory, text, kind).with_options(options).parse();
    if let Some(fault) = first_fault(&parsed.diagnostics, text, lines) {
        return Err(fault);
    }
    let checked = SemanticBuilder::new_compiler().build(&parsed.program);
    if let Some(fault) = first_fault(&checked.diagnostics, text, lines) {
        return Err(fault);
    }
    Ok(read_tree(&parsed.program, checked.semantic.scoping(), lines, goal))
}

fn read_tree(program: &Program<'_>, scoping: &Scoping, lines: &Lines, goal: Goal) -> Module {
    Module { features: features_of(program, lines), ..Reader::read(program, scoping, lines, goal) }
}

/// The first fault that the parser found, or the checks after it.
fn first_fault(diagnostics: &Diagnostics, text: &str, lines: &Lines) -> Option<SyntaxFault> {
    let first = diagnostics
        .iter()
        .min_by_key(|diagnostic| diagnostic.labels.iter().map(|label| label.offset()).min().unwrap_or_default())?;
    let offset = first.labels.iter().map(|label| label.offset()).min().unwrap_or_default();
    let rest = text.get(usize::try_from(offset).unwrap_or(usize::MAX)..).unwrap_or_default();
    let (message, exact) = words(&first.message, rest);
    Some(SyntaxFault { message: message.into(), exact, line: lines.of(offset) })
}

/// What V8 says where the parser says `said` at the start of `rest`, and whether that is certain.
fn words(said: &str, rest: &str) -> (String, bool) {
    if rest.trim().is_empty() {
        return ("Unexpected end of input".to_owned(), false);
    }
    if let Some(name) = said.strip_prefix("Duplicated export '").and_then(|name| name.strip_suffix('\'')) {
        return (format!("Duplicate export of '{name}'"), true);
    }
    if rest.starts_with("<<<<<<<") || rest.starts_with(">>>>>>>") || rest.starts_with("=======") {
        return ("a marker of a merge conflict".to_owned(), false);
    }
    (crate::text::printable(said).trim_end_matches('.').to_owned(), false)
}
