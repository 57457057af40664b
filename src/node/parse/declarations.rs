//! `import` and `export` declarations: what they name, and what of it is passed on.

use super::open::Val;
use super::reader::Reader;
use crate::node::modules::{Attributes, Export, Form, Import, ModuleSyntax, NewSyntax};
use crate::node::names::BoundName;
use oxc_ast::ast::{
    ExportAllDeclaration, ExportFromDeclaration, ExportNamedDeclaration, ImportAttributeKey, ImportDeclaration,
    ImportDeclarationSpecifier, ModuleExportName, WithClause, WithClauseKeyword,
};
use oxc_span::{GetSpan, Span};

impl<'a> Reader<'a, '_> {
    fn attributes(&mut self, clause: Option<&WithClause<'a>>) -> Attributes {
        let Some(clause) = clause else { return Attributes::None };
        let syntax = match clause.keyword {
            WithClauseKeyword::With => NewSyntax::With,
            WithClauseKeyword::Assert => NewSyntax::Assert,
        };
        self.note_new(syntax, clause.span);
        let mut found = Attributes::None;
        for entry in &clause.with_entries {
            let key = match &entry.key {
                ImportAttributeKey::Identifier(name) => name.name.as_str(),
                ImportAttributeKey::StringLiteral(name) => name.value.as_str(),
            };
            let value = entry.value.value.as_str();
            if key != "type" {
                return Attributes::Other(key.into(), value.into());
            }
            found = Attributes::Type(value.into());
        }
        found
    }

    fn push_static(
        &mut self,
        specifier: &str,
        span: Span,
        form: Form,
        names: Vec<(Box<str>, u32)>,
        attributes: Attributes,
    ) -> u32 {
        let line = self.line(span);
        let names = names.into();
        self.imports.push(Import { specifier: specifier.into(), located: None, line, form, names, attributes });
        u32::try_from(self.imports.len() - 1).unwrap_or(u32::MAX)
    }

    pub(super) fn import(&mut self, import: &ImportDeclaration<'a>) {
        self.mark(ModuleSyntax::Import, import.span);
        let attributes = self.attributes(import.with_clause.as_deref());
        let mut names = Vec::new();
        let number = u32::try_from(self.imports.len()).unwrap_or(u32::MAX);
        for specifier in import.specifiers.iter().flatten() {
            let (local, name) = match specifier {
                ImportDeclarationSpecifier::ImportSpecifier(named) => (&named.local, Some(name_of(&named.imported))),
                ImportDeclarationSpecifier::ImportDefaultSpecifier(default) => (&default.local, Some("default".into())),
                ImportDeclarationSpecifier::ImportNamespaceSpecifier(all) => (&all.local, None),
            };
            let all = Val::Import(number);
            if let Some(symbol) = local.symbol_id.get() {
                let value = match specifier {
                    ImportDeclarationSpecifier::ImportSpecifier(named) => {
                        Val::Member(self.keep(all), named.imported.name().as_str())
                    }
                    ImportDeclarationSpecifier::ImportDefaultSpecifier(_) => Val::Member(self.keep(all), "default"),
                    ImportDeclarationSpecifier::ImportNamespaceSpecifier(_) => all,
                };
                self.inits.insert(symbol, value);
            }
            self.imported.insert(local.name.as_str(), (number, name.clone()));
            names.extend(name.map(|name| (name, self.line(specifier.span()))));
        }
        self.push_static(&import.source.value, import.span, Form::Static, names, attributes);
    }

    pub(super) fn export_from(&mut self, export: &ExportFromDeclaration<'a>) {
        self.mark(ModuleSyntax::Export, export.span);
        let attributes = self.attributes(export.with_clause.as_deref());
        let number = u32::try_from(self.imports.len()).unwrap_or(u32::MAX);
        let mut names = Vec::new();
        for specifier in &export.specifiers {
            let (there, here) = (name_of(&specifier.local), name_of(&specifier.exported));
            names.push((there.clone(), self.line(specifier.span)));
            self.exports.push(Export { name: here, from: Some((number, Some(there))), binding: BoundName::Always });
        }
        self.push_static(&export.source.value, export.span, Form::Static, names, attributes);
    }

    pub(super) fn export_all(&mut self, export: &ExportAllDeclaration<'a>) {
        self.mark(ModuleSyntax::Export, export.span);
        let attributes = self.attributes(export.with_clause.as_deref());
        let number = u32::try_from(self.imports.len()).unwrap_or(u32::MAX);
        let form = match &export.exported {
            Some(name) => {
                self.exports.push(Export {
                    name: name_of(name),
                    from: Some((number, None)),
                    binding: BoundName::Always,
                });
                Form::Static
            }
            None => Form::Star,
        };
        self.push_static(&export.source.value, export.span, form, Vec::new(), attributes);
    }

    pub(super) fn export_named(&mut self, export: &ExportNamedDeclaration<'a>) {
        self.mark(ModuleSyntax::Export, export.span);
        for specifier in &export.specifiers {
            if let ModuleExportName::IdentifierReference(local) = &specifier.local {
                if let Some(symbol) = self.symbol(local) {
                    self.exported.push((name_of(&specifier.exported), Val::Symbol(symbol)));
                }
                self.local_exports.push((local.name.as_str(), name_of(&specifier.exported)));
            }
        }
    }
}

fn name_of(name: &ModuleExportName<'_>) -> Box<str> {
    name.name().as_str().into()
}
