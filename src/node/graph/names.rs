//! Names of CommonJS in ES modules, and what Node says of them.

use super::reached::Way;
use super::{GraphWalk, LoadPhase};
use crate::node::faults::WrongFormat;
use crate::node::modules::{Module, Need};
use crate::node::node_version::NodeVersion;
use crate::tree::nodes::NodeId;

impl GraphWalk<'_> {
    /// Looks for names of CommonJS in an ES module: the first that Node meets for certain, else any.
    pub(super) fn check_names(&mut self, file: NodeId, module: &Module) {
        let sets = |name: &str| module.sets.contains(&name);
        let certain = self.reached.mentions.get(&file).into_iter().flatten().find_map(|(number, way)| {
            let mention = module.mentions.get(*number as usize)?;
            (!sets(mention.name) && !self.reached.sets.contains(mention.name)).then_some((mention, *way))
        });
        let any = || module.mentions.iter().find(|mention| !sets(mention.name)).map(|mention| (mention, Way::None));
        let Some((mention, way)) = certain.or_else(any) else { return };
        let (name, need) = (mention.name, if way == Way::None { Need::Optional } else { Need::Certain });
        let message = match &mention.stand_in {
            Some(said) => said.to_string(),
            None => message(name, way, self.node),
        };
        let how = match mention.stand_in {
            Some(_) => WrongFormat::StandIn,
            None => WrongFormat::CommonJsAsModule(name),
        };
        self.format_fault(file, mention.line, need, LoadPhase::Run, how, message);
    }
}

/// What Node says of a name that is not there (measured with 18, 20, 22 and 24).
pub(super) fn message(name: &str, way: Way, node: NodeVersion) -> String {
    if way == Way::AwaitingModule && node.major >= 22 && name != "arguments" {
        let instead = match name {
            _ if node.major < 24 => "replace require() with import",
            "require" => "replace require() with import",
            "__dirname" => "use import.meta.dirname instead",
            "__filename" => "use import.meta.filename instead",
            _ => "use export instead of module.exports/exports",
        };
        let named = if node.major < 24 { "require()".to_owned() } else { format!("'{name}'") };
        return format!(
            "ReferenceError: Cannot determine intended module format because both {named} and top-level await are present. If the code is intended to be CommonJS, wrap await in an async function. If the code is intended to be an ES module, {instead}."
        );
    }
    // Node adds the rest where a file fails to load.
    let rest = match (way, name) {
        (Way::Nobody, _) | (_, "arguments") => "",
        (_, "require") => " in ES module scope, you can use import instead",
        _ => " in ES module scope",
    };
    format!("ReferenceError: {name} is not defined{rest}")
}
