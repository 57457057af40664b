//! What an expression names of Node's own, and what names stand for in the scopes that are open.

use super::specifiers::literal;
use crate::node::builtins;
use crate::node::features::{Access, Feature, method};
use hashbrown::{HashMap, HashSet};
use oxc_ast::ast::Expression;

/// The names of the global object.
pub(super) const GLOBAL_OBJECTS: [&str; 2] = ["globalThis", "global"];

/// What an expression takes a property from, or is itself.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum Root<'a> {
    /// A name, whatever it stands for.
    Name(&'a str),
    /// A property of it: `fs.promises`, `import_util.default`.
    Of(&'a str, &'a str),
    /// `require('util')`.
    Module(&'a str, Access),
    /// `import.meta`.
    Meta,
    /// Whatever has a method of that name.
    Anything,
}

/// A name, or a property of something.
pub(super) type FeatureKey<'a> = (Root<'a>, Option<&'a str>);

impl<'a> Root<'a> {
    /// The name that it begins with.
    pub(super) fn name(self) -> Option<&'a str> {
        match self {
            Self::Name(name) | Self::Of(name, _) => Some(name),
            Self::Module(..) | Self::Meta | Self::Anything => None,
        }
    }
}

/// The global that is meant where no name is declared.
pub(super) fn global_of<'a>(key: FeatureKey<'a>) -> Option<&'a str> {
    match key {
        (Root::Name(name), None) => Some(name),
        (Root::Name(object), name) if GLOBAL_OBJECTS.contains(&object) => name,
        _ => None,
    }
}

/// What names stand for.
pub(super) struct ResolvedNames<'a, 'f> {
    /// Names that are declared, by their scopes.
    pub declared: HashSet<(u32, &'a str)>,
    /// Those of them that stand for a module of Node's.
    pub bound: HashMap<(u32, &'a str), (&'a str, Access)>,
    /// Of each scope the one around it, and the function that it belongs to.
    pub parents: &'f [(u32, u32)],
}

impl<'a> ResolvedNames<'a, '_> {
    /// A scope and those around it.
    pub(super) fn around(&self, scope: u32) -> impl Iterator<Item = u32> {
        std::iter::successors(Some(scope), |scope| {
            (*scope != 0).then(|| self.parents.get(*scope as usize).map_or(0, |(parent, _)| *parent))
        })
    }

    /// What is meant, if it is something of Node's own.
    pub(super) fn feature(&self, scope: u32, (root, name): FeatureKey<'a>) -> Option<Feature> {
        match (root, name) {
            (Root::Meta, name) => Some(Feature::ImportMeta(name?.into())),
            (Root::Anything, name) => method(name?).map(Feature::Method),
            (Root::Module(module, access), name) => of_module(module, name?, access),
            (Root::Name(local) | Root::Of(local, _), name) => {
                let between = match root {
                    Root::Of(_, between) => Some(between),
                    _ => None,
                };
                let declared = self.around(scope).find(|scope| self.declared.contains(&(*scope, local)));
                match (declared, between) {
                    (Some(at), _) => {
                        let (module, access) = self.bound.get(&(at, local))?;
                        self.of_binding(module, *access, between, name?)
                    }
                    (None, None) if GLOBAL_OBJECTS.contains(&local) => Some(Feature::Global(name?.into())),
                    (None, None) if local == "process" && name.is_some() => {
                        of_module("process", name?, Access::Default)
                    }
                    (None, None) => Some(match name {
                        None => Feature::Global(local.into()),
                        Some(name) => Feature::OfGlobal(local.into(), name.into()),
                    }),
                    (None, Some(global)) if GLOBAL_OBJECTS.contains(&local) => {
                        if global == "process" {
                            of_module("process", name?, Access::Default)
                        } else {
                            Some(Feature::OfGlobal(global.into(), name?.into()))
                        }
                    }
                    (None, Some(_)) => None,
                }
            }
        }
    }

    fn of_binding(&self, module: &str, access: Access, between: Option<&str>, name: &str) -> Option<Feature> {
        match between {
            None => of_module(module, name, access),
            Some("default") => of_module(module, name, Access::Default),
            // `fs.promises` is what `fs/promises` exports.
            Some(between) => {
                let inner = format!("{}/{between}", module.strip_prefix("node:").unwrap_or(module));
                of_module(&inner, name, Access::Default)
            }
        }
    }
}

fn of_module(module: &str, name: &str, access: Access) -> Option<Feature> {
    let module = builtins::known_as(module)?;
    Some(Feature::OfModule { module: module.into(), name: name.into(), access })
}

/// How it is written in a file.
pub(super) fn written((root, name): FeatureKey<'_>) -> String {
    let root = match root {
        Root::Name(name) => name.to_owned(),
        Root::Of(name, between) => format!("{name}.{between}"),
        Root::Module(module, Access::Default) => format!("require('{module}')"),
        Root::Module(module, Access::Namespace) => format!("(await import('{module}'))"),
        Root::Meta => "import.meta".to_owned(),
        // Only its name is known.
        Root::Anything => return format!("{}()", name.unwrap_or_default()),
    };
    name.map_or_else(|| root.clone(), |name| format!("{root}.{name}"))
}

/// What an expression is, where that may be something of Node's own.
pub(super) fn root<'a>(expression: &Expression<'a>) -> Option<Root<'a>> {
    match expression {
        Expression::Identifier(name) => Some(Root::Name(name.name.as_str())),
        Expression::ImportMeta(_) => Some(Root::Meta),
        Expression::StaticMemberExpression(member) => match &member.object {
            Expression::Identifier(name) => Some(Root::Of(name.name.as_str(), member.property.name.as_str())),
            _ => None,
        },
        _ => module_of(expression).map(|(module, access)| Root::Module(module, access)),
    }
}

/// The module that an expression gives: `require('x')`, with a bundler's or compiler's wrapper around it, or
/// `await import('x')`.
pub(super) fn module_of<'a>(expression: &Expression<'a>) -> Option<(&'a str, Access)> {
    match expression {
        Expression::AwaitExpression(awaited) => match &awaited.argument {
            Expression::ImportExpression(import) => literal(&import.source).map(|module| (module, Access::Namespace)),
            _ => None,
        },
        Expression::CallExpression(call) => {
            let argument = call.arguments.first()?.as_expression()?;
            let callee = match &call.callee {
                Expression::Identifier(name) => name.name.as_str(),
                Expression::StaticMemberExpression(member) => member.property.name.as_str(),
                _ => return None,
            };
            match callee {
                "require" | "__require" | "getBuiltinModule" => {
                    literal(argument).map(|module| (module, Access::Default))
                }
                _ if callee.starts_with('_') => module_of(argument),
                _ => None,
            }
        }
        _ => None,
    }
}
