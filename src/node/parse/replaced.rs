//! Values with others in the place of names in them: the elements of a list one after the other, and what a function is given
//! in the place of its parameters.

use super::open::{OpenBody, Val};
use super::reader::Reader;
use oxc_syntax::symbol::SymbolId;

/// Names and sums that are followed for one value.
const MAX_DEPTH: u32 = 12;
/// Parts of values that are looked into for one list.
const MAX_LOOKED_INTO: u32 = 2_000;

/// What stands in the place of names.
#[derive(Default)]
pub(super) struct Replacement<'a> {
    names: Vec<(SymbolId, Val<'a>)>,
    /// The name of all further arguments, and these.
    rest: Option<(SymbolId, &'a [Val<'a>])>,
    /// The body whose parameters they are, and what it is given.
    arguments: Option<(u32, &'a [Val<'a>])>,
    /// What `this` is in a method or a constructor.
    this: Option<Val<'a>>,
    /// Whether it is an element of a list.
    is_element: bool,
}

impl<'a> Replacement<'a> {
    fn of(name: SymbolId, by: Val<'a>) -> Self {
        Self { names: vec![(name, by)], is_element: true, ..Self::default() }
    }

    /// With an object in the place of `this`.
    pub(super) fn with_this(mut self, this: Option<Val<'a>>) -> Self {
        self.this = this;
        self
    }

    /// With what is known of the function around it.
    pub(super) fn within(mut self, outer: &Self) -> Self {
        self.names.extend_from_slice(&outer.names);
        self.rest = self.rest.or(outer.rest);
        self.this = self.this.or(outer.this);
        self
    }

    fn name(&self, name: SymbolId) -> Option<Val<'a>> {
        self.names.iter().find(|(known, _)| *known == name).map(|(_, by)| *by)
    }

    /// All arguments behind the named ones, where something is spread that stands for them.
    fn spread(&self, of: &Val<'a>) -> Option<&'a [Val<'a>]> {
        match (of, self.rest) {
            (Val::Symbol(name), Some((rest, values))) if *name == rest => Some(values),
            _ => None,
        }
    }

    fn parameter(&self, body: u32, place: u8) -> Option<Val<'a>> {
        let (_, given) = self.arguments.filter(|(of, _)| *of == body)?;
        given.get(usize::from(place)).copied()
    }
}

impl<'a> Reader<'a, '_> {
    /// What stands in the place of the parameters of a function that is given this.
    pub(super) fn replacement(&self, number: u32, body: &OpenBody<'a>, given: &'a [Val<'a>]) -> Replacement<'a> {
        let known = given.iter().take_while(|value| !matches!(value, Val::Spread(_))).count();
        let is_given = |place: usize| {
            let value = given.get(place).filter(|_| place < known);
            value.filter(|value| !matches!(value, Val::Global("undefined")))
        };
        let mut names = Vec::with_capacity(body.parameters.len());
        for (place, name) in body.parameters.iter().enumerate() {
            let Some(name) = name.filter(|name| !self.is_mutated(*name)) else { continue };
            let fallback = || {
                let is_left_out = place >= given.len() || place < known;
                let fallback = body.fallbacks.iter().find(|(at, _)| usize::from(*at) == place && is_left_out);
                fallback.map(|(_, value)| *value)
            };
            names.extend(is_given(place).copied().or_else(fallback).map(|value| (name, value)));
        }
        let behind = given.get(body.parameters.len()..).filter(|_| body.parameters.len() <= known);
        let rest = body.rest.filter(|rest| !self.is_mutated(*rest));
        let behind = behind.or_else(|| (given.len() == known).then_some(&[][..]));
        let rest = rest.zip(behind);
        Replacement {
            names,
            rest,
            arguments: Some((number, given.get(..known).unwrap_or_default())),
            ..Replacement::default()
        }
    }

    /// The values that an expression has, one after the other, where a name in it stands for the elements of a list.
    pub(super) fn each_of(&self, value: Val<'a>) -> Vec<Val<'a>> {
        let mut budget = MAX_LOOKED_INTO;
        if self.has_no_lists() {
            return vec![value];
        }
        let Some(element) = self.element_in(&value, MAX_DEPTH, &mut budget) else { return vec![value] };
        let texts = self.elements_of(element);
        let each = |text| self.replaced(&value, &Replacement::of(element, text), MAX_DEPTH, &mut budget);
        let all: Vec<_> = texts.into_iter().map(each).collect();
        if budget == 0 { vec![value] } else { all }
    }

    /// The same of several values at once, as a call is given them.
    pub(super) fn each_given(&self, given: &'a [Val<'a>]) -> Vec<&'a [Val<'a>]> {
        let mut budget = MAX_LOOKED_INTO;
        if self.has_no_lists() {
            return vec![given];
        }
        let element = given.iter().find_map(|value| self.element_in(value, MAX_DEPTH, &mut budget));
        let Some(element) = element else { return vec![given] };
        let texts = self.elements_of(element);
        let each = |text| self.all_replaced(given, &Replacement::of(element, text), MAX_DEPTH, &mut budget);
        let all: Vec<_> = texts.into_iter().map(each).collect();
        if budget == 0 { vec![given] } else { all }
    }

    /// Whether a name in a value may stand for something else than what is known of it.
    pub(super) fn is_perhaps(&self, value: &Val<'a>) -> bool {
        let mut budget = MAX_LOOKED_INTO;
        let is_perhaps = |name| self.lists.perhaps.contains(&name) || !self.lists.each.contains_key(&name);
        !self.has_no_lists() && self.element_in(value, MAX_DEPTH, &mut budget).is_some_and(is_perhaps)
    }

    fn has_no_lists(&self) -> bool {
        self.lists.each.is_empty() && self.lists.held.is_empty() && !self.is_whole
    }

    /// What a name stands for, one after the other, or may stand for.
    fn elements_of(&self, name: SymbolId) -> Vec<Val<'a>> {
        let listed = || self.texts_of(name).unwrap_or_default().into_iter().map(Val::Text).collect();
        self.lists.each.get(&name).cloned().unwrap_or_else(listed)
    }

    /// The name in a value that stands for the elements of a list, one after the other.
    fn element_in(&self, value: &Val<'a>, depth: u32, budget: &mut u32) -> Option<SymbolId> {
        let depth = depth.checked_sub(1)?;
        *budget = budget.checked_sub(1)?;
        let mut any = |values: &[Val<'a>]| values.iter().find_map(|one| self.element_in(one, depth, budget));
        match value {
            Val::Symbol(symbol) if self.lists.each.contains_key(symbol) => Some(*symbol),
            Val::Symbol(symbol) if !self.is_mutated(*symbol) => {
                self.inits.get(symbol).and_then(|init| any(std::slice::from_ref(init)))
            }
            // `list[i]`
            Val::Member(Val::Symbol(list), "*") if self.texts_of(*list).is_some() => Some(*list),
            Val::Member(of, _) | Val::Spread(of) => any(std::slice::from_ref(*of)),
            Val::Joined(parts) | Val::Call(_, parts) | Val::New(_, parts) => any(parts),
            _ => None,
        }
    }

    /// What a function gives, with what it is given in the place of its parameters.
    pub(super) fn with_given(&self, value: &Val<'a>, with: &Replacement<'a>) -> Val<'a> {
        self.replaced(value, with, MAX_DEPTH, &mut MAX_LOOKED_INTO.clone())
    }

    /// The same of all arguments of a call.
    pub(super) fn all_with_given(&self, values: &'a [Val<'a>], with: &Replacement<'a>) -> &'a [Val<'a>] {
        self.all_replaced(values, with, MAX_DEPTH, &mut MAX_LOOKED_INTO.clone())
    }

    /// Whether there is a parameter of a body in a value.
    pub(super) fn depends_on(&self, value: &Val<'a>, number: u32, body: &OpenBody<'a>) -> bool {
        self.depends_within(value, number, body, MAX_DEPTH, &mut MAX_LOOKED_INTO.clone())
    }

    fn depends_within(&self, value: &Val<'a>, number: u32, body: &OpenBody<'a>, depth: u32, budget: &mut u32) -> bool {
        let (Some(depth), Some(left)) = (depth.checked_sub(1), budget.checked_sub(1)) else { return false };
        *budget = left;
        let mut any =
            |values: &[Val<'a>]| values.iter().any(|one| self.depends_within(one, number, body, depth, budget));
        match value {
            Val::Symbol(name) if body.rest == Some(*name) || body.parameters.contains(&Some(*name)) => true,
            Val::Symbol(name) if !self.is_mutated(*name) => {
                self.inits.get(name).is_some_and(|init| any(std::slice::from_ref(init)))
            }
            Val::Parameter(of, _) => *of == number,
            Val::This(_) => body.is_method,
            Val::Member(of, _) | Val::Spread(of) => any(std::slice::from_ref(*of)),
            Val::Call(callee, parts) | Val::New(callee, parts) => any(std::slice::from_ref(*callee)) || any(parts),
            Val::Joined(parts) => any(parts),
            _ => false,
        }
    }

    fn all_replaced(
        &self,
        values: &'a [Val<'a>],
        with: &Replacement<'a>,
        depth: u32,
        budget: &mut u32,
    ) -> &'a [Val<'a>] {
        let mut all = Vec::with_capacity(values.len());
        for value in values {
            match value {
                Val::Spread(of) => match with.spread(of) {
                    Some(values) => all.extend_from_slice(values),
                    None => all.push(Val::Spread(self.keep(self.replaced(of, with, depth, budget)))),
                },
                value => all.push(self.replaced(value, with, depth, budget)),
            }
        }
        self.keep_all(&all)
    }

    /// A value with others in the place of names.
    fn replaced(&self, value: &Val<'a>, by: &Replacement<'a>, depth: u32, budget: &mut u32) -> Val<'a> {
        let (Some(depth), true) = (depth.checked_sub(1), *budget > 0) else { return Val::Unknown };
        *budget -= 1;
        if matches!(value, Val::Member(..) | Val::Joined(_) | Val::Call(..) | Val::New(..)) {
            let Some(left) = self.replacements_left.get().checked_sub(1) else { return Val::Unknown };
            self.replacements_left.set(left);
        }
        let mut with = |value: &Val<'a>| self.replaced(value, by, depth, budget);
        match value {
            Val::Symbol(name) => match (by.name(*name), self.inits.get(name)) {
                (Some(value), _) => value,
                (
                    None,
                    Some(init @ (Val::Joined(_) | Val::Call(..) | Val::New(..) | Val::Symbol(_) | Val::Member(..))),
                ) if !self.is_mutated(*name) => with(init),
                _ => *value,
            },
            Val::Parameter(body, place) => by.parameter(*body, *place).unwrap_or(*value),
            Val::This(_) => by.this.unwrap_or(*value),
            Val::Member(Val::Symbol(list), "*") if let Some(value) = by.name(*list).filter(|_| by.is_element) => value,
            Val::Member(of, member) => Val::Member(self.keep(with(of)), member),
            Val::Joined(parts) => Val::Joined(self.all_replaced(parts, by, depth, budget)),
            Val::Call(callee, parts) => {
                let callee = if matches!(callee, Val::Global(_)) { callee } else { self.keep(with(callee)) };
                Val::Call(callee, self.all_replaced(parts, by, depth, budget))
            }
            Val::New(class, parts) => Val::New(class, self.all_replaced(parts, by, depth, budget)),
            other => *other,
        }
    }
}
