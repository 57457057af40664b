//! Attributes of imports (esm.md, "Import attributes"; `lib/internal/modules/esm/assert.js`).

use super::exported::suffix_of;
use super::{FileLoad, GraphWalk, LoadPhase};
use crate::node::faults::ImportPlace;
use crate::node::format::ModuleFormat;
use crate::node::modules::{Attributes, Import};
use crate::node::resolve::{Loader, ResolveFailure, ResolveRefusal};

impl GraphWalk<'_> {
    /// Whether an import has the attributes that the file it leads to needs; `kind` is what that needs as `type`.
    pub(super) fn attributes_fit(&mut self, load: &FileLoad<'_>, kind: Option<&str>) -> bool {
        if load.loader == Loader::Require {
            return true;
        }
        // Most imports fit, so the address is made only where there is something to say.
        let address = |walk: &Self| {
            let suffix = suffix_of(&load.import.specifier);
            format!("file://{}{suffix}", walk.resolver.shown(load.target))
        };
        self.attributes_of_fit(load.place, &load.import.attributes, kind, load.when, address)
    }

    /// One of Node's own modules takes none.
    pub(super) fn builtin(&mut self, place: &ImportPlace, import: &Import, loader: Loader, when: LoadPhase) {
        if loader == Loader::Import {
            let name = import.specifier.strip_prefix("node:").unwrap_or(&import.specifier);
            self.attributes_of_fit(place, &import.attributes, None, when, |_| format!("node:{name}"));
        }
    }

    /// A module that its specifier holds.
    pub(super) fn data(
        &mut self,
        place: &ImportPlace,
        import: &Import,
        format: &ModuleFormat,
        when: LoadPhase,
    ) -> bool {
        let kind = (*format == ModuleFormat::Json).then_some("json");
        self.attributes_of_fit(place, &import.attributes, kind, when, |_| import.specifier.to_string())
    }

    /// The same, of whatever has an address.
    pub(super) fn attributes_of_fit(
        &mut self,
        place: &ImportPlace,
        attributes: &Attributes,
        kind: Option<&str>,
        when: LoadPhase,
        address: impl Fn(&Self) -> String,
    ) -> bool {
        let attributes = match attributes {
            Attributes::Asserted(inner) if self.node.parses_assert() => inner,
            Attributes::Asserted(_) => &Attributes::None,
            other => other,
        };
        let fits = match (attributes, kind) {
            (Attributes::Unknown, _) | (Attributes::None, None) => true,
            (Attributes::Type(given), Some(needed)) => **given == *needed,
            _ => false,
        };
        if !fits {
            let message = misfit(attributes, kind, &address(self), self.node.says_attribute());
            self.refused(place.clone(), ResolveRefusal { failure: ResolveFailure::Attribute, message }, when);
        }
        fits
    }
}

/// What Node says of attributes that do not fit, with "attribute" or in the older words.
fn misfit(attributes: &Attributes, kind: Option<&str>, url: &str, new: bool) -> String {
    let kind = kind.unwrap_or("json");
    match attributes {
        Attributes::NoObject => "TypeError: The second argument to import() must be an object".to_owned(),
        Attributes::None | Attributes::Asserted(_) | Attributes::Unknown if new => {
            format!(
                "TypeError [ERR_IMPORT_ATTRIBUTE_MISSING]: Module \"{url}\" needs an import attribute of \"type: {kind}\""
            )
        }
        Attributes::None | Attributes::Asserted(_) | Attributes::Unknown => format!(
            "TypeError [ERR_IMPORT_ASSERTION_TYPE_MISSING]: Module \"{url}\" needs an import attribute of type \"{kind}\""
        ),
        Attributes::Type(given) if &**given == "json" && new => {
            format!("TypeError [ERR_IMPORT_ATTRIBUTE_TYPE_INCOMPATIBLE]: Module \"{url}\" is not of type \"json\"")
        }
        Attributes::Type(given) if &**given == "json" => {
            format!("TypeError [ERR_IMPORT_ASSERTION_TYPE_FAILED]: Module \"{url}\" is not of type \"json\"")
        }
        Attributes::Type(given) if new => format!(
            "TypeError [ERR_IMPORT_ATTRIBUTE_UNSUPPORTED]: Import attribute \"type\" with value \"{given}\" is not supported in {url}"
        ),
        Attributes::Type(given) => {
            format!(
                "TypeError [ERR_IMPORT_ASSERTION_TYPE_UNSUPPORTED]: Import attribute type \"{given}\" is unsupported"
            )
        }
        Attributes::Other(key, value) => {
            let of = if new { format!(" in {url}") } else { String::new() };
            format!(
                "TypeError [ERR_IMPORT_ATTRIBUTE_UNSUPPORTED]: Import attribute \"{key}\" with value \"{value}\" is not supported{of}"
            )
        }
    }
}
