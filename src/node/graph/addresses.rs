//! Code and JSON that stand in a `data:` address themselves: whether Node can run them.

use super::names::message;
use super::reached::Way;
use super::{GraphWalk, LoadPhase};
use crate::node::bodies::{BodyStep, FailureFate};
use crate::node::faults::ImportPlace;
use crate::node::format::ModuleFormat;
use crate::node::modules::{Form, Import, JudgedScript, Module};
use crate::node::node_version::NodeVersion;
use crate::node::parse::{json_fault, parsed_address};
use crate::node::resolve::{ResolveFailure, ResolveRefusal, Target, held_by};

/// Addresses in addresses that are looked into.
const DEEPEST: u32 = 8;

impl GraphWalk<'_> {
    /// Reports what stops Node in the code that an address holds.
    pub(super) fn check_address(
        &mut self,
        place: &ImportPlace,
        import: &Import,
        format: &ModuleFormat,
        when: LoadPhase,
    ) {
        let message = match (self.held(&import.specifier, format), format) {
            (AtAddress::Stops(message), _) => Some(message),
            (AtAddress::Code(module), ModuleFormat::Module) => {
                self.stops(&import.specifier, &module, 0).or_else(|| lacks(&import.specifier, &module, import))
            }
            (AtAddress::Unknown, _) => {
                self.address_not_judged(place, when);
                None
            }
            _ => None,
        };
        if let Some(message) = message {
            self.refused(place.clone(), ResolveRefusal { failure: ResolveFailure::InAddress, message }, when);
        }
    }

    /// What stands in an address.
    fn held(&self, address: &str, format: &ModuleFormat) -> AtAddress {
        let text = match held_by(address, self.node) {
            Ok(text) => text,
            Err(message) => return AtAddress::Stops(message),
        };
        match format {
            ModuleFormat::Module => match parsed_address(&text) {
                Some(JudgedScript::Parsed(module)) if module.not_parsed.is_none() => AtAddress::Code(module),
                _ => AtAddress::Unknown,
            },
            ModuleFormat::Json => match json_fault(&text) {
                Some(fault) if fault.exact => AtAddress::Stops(format!("SyntaxError: {}", fault.message)),
                Some(_) => AtAddress::Unknown,
                None => AtAddress::Fine,
            },
            _ => AtAddress::Unknown,
        }
    }

    /// With what Node stops at the code of an address: a fault of syntax, an import that cannot be had from there (esm.md,
    /// "`data:` imports": builtins and whole addresses only), a name of CommonJS.
    fn stops(&self, address: &str, module: &Module, depth: u32) -> Option<String> {
        if let Some(fault) = &module.as_module {
            return Some(format!("SyntaxError: {}", fault.message));
        }
        if let Some((syntax, _)) = module.new_syntax.iter().find(|(syntax, _)| !syntax.is_read_by(self.node)) {
            return Some(format!("SyntaxError: {}", syntax.message()));
        }
        let of_statements = module.imports.iter().filter(|import| matches!(import.form, Form::Static | Form::Star));
        of_statements.filter_map(|import| self.stops_at(address, import, depth)).next().or_else(|| {
            let steps = module.bodies.all.first().map(|body| &*body.steps).unwrap_or_default();
            steps.iter().find_map(|step| match step {
                BodyStep::Mention(number, FailureFate::Throws) => {
                    let mention = module.mentions.get(*number as usize)?;
                    let way = if module.awaits { Way::AwaitingModule } else { Way::Module };
                    Some(message(mention.name, way, self.node))
                }
                _ => None,
            })
        })
    }

    fn stops_at(&self, address: &str, import: &Import, depth: u32) -> Option<String> {
        let specifier = &*import.specifier;
        if self.node.has_builtin(specifier) {
            let mut names = import.names.iter();
            let name = names.find(|(name, _)| self.node.builtin_exports(specifier, name) == Some(false))?;
            return Some(absent(specifier, &name.0));
        }
        if specifier.split_once(':').is_none_or(|(scheme, _)| scheme.contains(['/', '.'])) {
            return Some(unhad(address, specifier, self.node));
        }
        match self.resolver.resolve(specifier, self.entry?, crate::node::resolve::Loader::Import) {
            Ok(Target::Data(format)) if depth < DEEPEST => match self.held(specifier, &format) {
                AtAddress::Stops(message) => Some(message),
                AtAddress::Code(module) => {
                    self.stops(specifier, &module, depth + 1).or_else(|| lacks(specifier, &module, import))
                }
                AtAddress::Unknown | AtAddress::Fine => None,
            },
            Err(refusal) => Some(refusal.message),
            Ok(_) => None,
        }
    }
}

/// What stands in an address.
enum AtAddress {
    Code(Box<Module>),
    /// What Node stops with.
    Stops(String),
    /// JSON without fault.
    Fine,
    Unknown,
}

/// What Node says of a name that the code of an address does not export.
fn lacks(address: &str, module: &Module, import: &Import) -> Option<String> {
    let passes_on = module.imports.iter().any(|import| import.form == Form::Star);
    let missing = import.names.iter().find(|(name, _)| !passes_on && module.export(name).is_none());
    missing.map(|(name, _)| absent(address, name))
}

fn absent(specifier: &str, name: &str) -> String {
    format!("SyntaxError: The requested module '{specifier}' does not provide an export named '{name}'")
}

/// What Node says of a path or a package that is imported from an address (measured with 18, 20, 22 and 24).
fn unhad(address: &str, specifier: &str, node: NodeVersion) -> String {
    if node.major < 20 {
        return "TypeError [ERR_INVALID_URL]: Invalid URL".to_owned();
    }
    format!(
        "TypeError [ERR_UNSUPPORTED_RESOLVE_REQUEST]: Failed to resolve module specifier \"{specifier}\" from \"{address}\": Invalid relative URL or base scheme is not hierarchical."
    )
}
