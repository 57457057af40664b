//! Functions that load or read what they are given: of each call that says what that is the body is copied, with what the call
//! gives in the place of the parameters. `load('./a')` so fails where `./a` is not there, and only where that call is made.

use super::open::{Fated, LoadedBy, OpenAct, OpenAsset, OpenBody, OpenLoad, OpenStep, Val};
use super::reader::Reader;
use super::replaced::Replacement;
use super::templates::is_of_import;
use crate::node::bodies::{CallKind, FailureFate};
use crate::node::format::Loader;
use hashbrown::{HashMap, HashSet};

/// Most copies of bodies that are made for one file, and most steps in them together.
const MAX_COPIES: usize = 256;
const MAX_COPIED_STEPS: usize = 16 << 10;
/// Calls that are followed from one to the next.
const MAX_DEPTH: u32 = 6;

/// What is known of bodies while they are copied.
struct BodyCopies {
    /// Bodies that load or read what they are given.
    loading: HashSet<u32>,
    /// Bodies that call what they are given.
    calling: HashSet<u32>,
    /// Whether a body hands what it is given to one of those.
    handing: HashMap<u32, bool>,
    /// Whether what a body loads or reads depends on what another is given, by the two.
    seeing: HashMap<(u32, u32), bool>,
    /// Copies, and steps, that may still be made.
    left: usize,
    steps_left: usize,
}

/// The body that is copied, with what stands in the place of its parameters.
struct Copied<'c, 'a> {
    number: u32,
    with: &'c Replacement<'a>,
    given: &'a [Val<'a>],
    this: Option<Val<'a>>,
}

/// What a call runs: the body, and what `this` is in it.
pub(super) type CalledBody<'a> = (u32, Option<Val<'a>>);

impl<'a> Reader<'a, '_> {
    /// Follows what functions are given, now that the whole file was seen.
    pub(super) fn specialize(&mut self) {
        self.is_whole = true;
        self.finish_own_values();
        let mut copies = BodyCopies {
            loading: self.bodies_where(|reader, number, body, step| reader.is_open_load(number, body, step)),
            calling: HashSet::new(),
            handing: HashMap::new(),
            seeing: HashMap::new(),
            left: MAX_COPIES,
            steps_left: MAX_COPIED_STEPS,
        };
        copies.calling = self.bodies_where(|reader, number, body, step| match &step.what {
            OpenAct::Call { callee, how: CallKind::Call, .. } => {
                matches!(callee, Val::Symbol(_)) && reader.depends_on(callee, number, body)
            }
            _ => false,
        });
        if (copies.loading.is_empty() && copies.calling.is_empty() && self.loads.is_empty()) || self.changes_arguments {
            self.note_untold();
            return;
        }
        let mut all = Vec::new();
        for number in 0..self.bodies_made.len() {
            let Some(body) = self.bodies_made.get(number) else { continue };
            let may_change = |step: &OpenStep<'a>| {
                matches!(
                    step.what,
                    OpenAct::Load(_)
                        | OpenAct::Call { given: Some(_), .. }
                        | OpenAct::Call { how: CallKind::Later, .. }
                )
            };
            if body.steps.iter().any(may_change) {
                let steps = body.steps.clone();
                let number = u32::try_from(number).unwrap_or(u32::MAX);
                all.push((number, self.specialized(number, &steps, None, 0, &mut copies)));
            }
        }
        for (number, steps) in all {
            if let Some(body) = self.bodies_made.get_mut(number as usize) {
                body.steps = steps;
            }
        }
        self.note_untold();
    }

    /// Notes the loads of which it is not told what they load.
    fn note_untold(&mut self) {
        let untold = self.loads.iter().filter(|load| !load.is_told).map(|load| load.line);
        self.computed.extend(untold);
        self.computed.sort_unstable();
    }

    /// The bodies with a step of a kind.
    fn bodies_where(&self, is: impl Fn(&Self, u32, &OpenBody<'a>, &OpenStep<'a>) -> bool) -> HashSet<u32> {
        let bodies = self.bodies_made.iter().zip(0..).filter(|(body, _)| body.is_given_something());
        bodies
            .filter(|(body, number)| body.steps.iter().any(|step| is(self, *number, body, step)))
            .map(|(_, number)| number)
            .collect()
    }

    /// Whether it depends on the parameters of a body what a step of it loads or reads.
    fn is_open_load(&self, number: u32, body: &OpenBody<'a>, step: &OpenStep<'a>) -> bool {
        let value = match &step.what {
            OpenAct::Asset(asset) => self.assets.get(*asset as usize).map(|asset| &asset.path),
            OpenAct::Load(load) => self.loads.get(*load as usize).map(|load| &load.named),
            OpenAct::Require(require) => self.requires.get(*require as usize).map(|require| &require.callee),
            _ => None,
        };
        value.is_some_and(|value| self.depends_on(value, number, body))
    }

    /// The body that a call runs, as far as that is one of this file.
    pub(super) fn target(
        &self,
        callee: &Val<'a>,
        how: CallKind,
        given: &'a [Val<'a>],
        this: Option<Val<'a>>,
    ) -> Option<CalledBody<'a>> {
        match (self.plain(callee), how) {
            (class @ Val::Class(number), CallKind::New) => {
                Some((self.class_body(number)?, Some(Val::New(self.keep(class), given))))
            }
            (Val::Class(number), CallKind::Super) => Some((self.class_body(number)?, this)),
            (Val::Body(body), CallKind::Super) => Some((body, this)),
            (Val::Body(body), CallKind::New | CallKind::Later) => Some((body, None)),
            (Val::Body(body), CallKind::Call | CallKind::IfThere | CallKind::Iterate) => {
                let object = match callee {
                    Val::Member(of, _) => Some(self.plain(of)),
                    // The constructor, of what makes the object.
                    Val::Body(_) => this,
                    _ => None,
                };
                Some((body, object.filter(|object| matches!(object, Val::New(..)))))
            }
            _ => None,
        }
    }

    fn class_body(&self, class: u32) -> Option<u32> {
        self.classes.get(class as usize)?.construct
    }

    /// How many steps a body has.
    fn length_of(&self, body: u32) -> usize {
        self.bodies_made.get(body as usize).map_or(0, |body| body.steps.len())
    }

    /// Whether a body may be copied once more.
    fn has_room(&self, body: u32, copies: &BodyCopies) -> bool {
        copies.left > 0 && self.length_of(body) <= copies.steps_left
    }

    /// Whether something comes of it to copy a body.
    fn is_worth_a_copy(&self, body: u32, given: &[Val<'a>], copies: &mut BodyCopies) -> bool {
        let calls = |given: &[Val<'a>]| given.iter().any(|given| matches!(self.plain(given), Val::Body(_)));
        copies.loading.contains(&body)
            || (copies.calling.contains(&body) && calls(given))
            || self.hands_on(body, copies)
    }

    /// Whether what a body loads or reads depends on what another is given.
    fn sees(&self, body: u32, outer: u32, copies: &mut BodyCopies) -> bool {
        let look = || {
            let bodies = self.bodies_made.get(body as usize).zip(self.bodies_made.get(outer as usize));
            bodies.is_some_and(|(body, around)| body.steps.iter().any(|step| self.is_open_load(outer, around, step)))
        };
        *copies.seeing.entry((body, outer)).or_insert_with(look)
    }

    /// Whether a body hands what it is given to one that loads or reads that.
    fn hands_on(&self, number: u32, copies: &mut BodyCopies) -> bool {
        if let Some(known) = copies.handing.get(&number) {
            return *known;
        }
        copies.handing.insert(number, false);
        let Some(body) = self.bodies_made.get(number as usize).filter(|body| body.is_given_something()) else {
            return false;
        };
        let hands = body.steps.iter().any(|step| {
            let OpenAct::Call { callee, how, given, arguments } = &step.what else { return false };
            if let Val::Body(inner) = self.plain(callee)
                && self.sees(inner, number, copies)
            {
                return true;
            }
            let is_handed = match given {
                Some(given) => given.iter().chain([callee]).any(|value| self.depends_on(value, number, body)),
                None => body.is_construct && *arguments == 255,
            };
            // What a member of `this` is, is known where the object is.
            let called = match callee {
                Val::Member(Val::This(class), name) => Val::Member(self.keep(self.instance_of(*class)), name),
                callee => *callee,
            };
            let target = self.target(&called, *how, &[], None).filter(|_| is_handed);
            target.is_some_and(|(target, _)| {
                copies.loading.contains(&target) || copies.calling.contains(&target) || self.hands_on(target, copies)
            })
        });
        copies.handing.insert(number, hands);
        hands
    }

    /// The steps of a body, with what is known of what they load, and with the calls of copies.
    fn specialized(
        &mut self,
        number: u32,
        steps: &[OpenStep<'a>],
        copied: Option<&Copied<'_, 'a>>,
        depth: u32,
        copies: &mut BodyCopies,
    ) -> Vec<OpenStep<'a>> {
        let mut all = Vec::with_capacity(steps.len());
        for step in steps {
            match step.what {
                OpenAct::Asset(asset) => self.specialize_asset(asset, *step, copied, &mut all),
                OpenAct::Require(require) => self.specialize_require(require, *step, copied, &mut all),
                OpenAct::Load(load) => self.specialize_load(load, *step, copied, &mut all),
                OpenAct::Call { .. } if depth < MAX_DEPTH => {
                    self.specialize_call(number, *step, copied, depth, copies, &mut all);
                }
                _ => all.push(*step),
            }
        }
        all
    }

    fn specialize_asset(
        &mut self,
        asset: u32,
        step: OpenStep<'a>,
        copied: Option<&Copied<'_, 'a>>,
        all: &mut Vec<OpenStep<'a>>,
    ) {
        let known = copied.and_then(|copied| Some((copied, self.assets.get(asset as usize)?)));
        let Some((copied, OpenAsset { path, folder, line, how })) = known else { return all.push(step) };
        let (path, folder, line, how) = (self.with_given(path, copied.with), *folder, *line, *how);
        let is_perhaps = self.is_perhaps(&path);
        for path in self.each_of(path) {
            self.assets.push(OpenAsset { path, folder, line, how });
            let number = u32::try_from(self.assets.len() - 1).unwrap_or(u32::MAX);
            all.push(OpenStep { what: OpenAct::Asset(number), ..step.perhaps(is_perhaps) });
        }
    }

    fn specialize_require(
        &mut self,
        require: u32,
        step: OpenStep<'a>,
        copied: Option<&Copied<'_, 'a>>,
        all: &mut Vec<OpenStep<'a>>,
    ) {
        let body = copied.and_then(|copied| self.bodies_made.get(copied.number as usize));
        let known = copied.zip(body).zip(self.requires.get(require as usize));
        match known {
            Some(((copied, body), require)) if self.depends_on(&require.callee, copied.number, body) => {
                let callee = self.with_given(&require.callee, copied.with);
                let (named, line) = (require.named, require.line);
                let number = self.add_require(callee, named, line);
                all.push(OpenStep { what: OpenAct::Require(number), ..step });
            }
            _ => all.push(step),
        }
    }

    fn specialize_load(
        &mut self,
        load: u32,
        step: OpenStep<'a>,
        copied: Option<&Copied<'_, 'a>>,
        all: &mut Vec<OpenStep<'a>>,
    ) {
        let Some(OpenLoad { named, by, line, .. }) = self.loads.get(load as usize) else { return };
        let (by, line) = (by.clone(), *line);
        let with = |value: &Val<'a>| copied.map_or(*value, |copied| self.with_given(value, copied.with));
        let value = with(named);
        let loader = if matches!(by, LoadedBy::Import(_)) { Loader::Import } else { Loader::Require };
        let is_perhaps = self.is_perhaps(&value);
        let named: Option<Vec<_>> = self.each_of(value).iter().map(|value| self.named(value, loader)).collect();
        let Some(named) = named else {
            // Another file may know it.
            let what = match copied {
                Some(_) => {
                    let by = match by {
                        LoadedBy::Require(callee) => LoadedBy::Require(with(&callee)),
                        by => by,
                    };
                    self.loads.push(OpenLoad { named: value, by, line, is_told: true });
                    OpenAct::Load(u32::try_from(self.loads.len() - 1).unwrap_or(u32::MAX))
                }
                None => step.what,
            };
            return all.push(OpenStep { what, ..step });
        };
        let by = match by {
            LoadedBy::Require(callee) => LoadedBy::Require(with(&callee)),
            by => by,
        };
        if let Some(load) = self.loads.get_mut(load as usize) {
            load.is_told |= !is_perhaps;
        }
        for named in named {
            let what = match &by {
                LoadedBy::Require(callee) => OpenAct::Require(self.add_require(*callee, named, line)),
                LoadedBy::Import(attributes) => OpenAct::Import(self.add_import_call(named, line, attributes.clone())),
            };
            all.push(OpenStep { what, ..step.perhaps(is_perhaps) });
        }
    }

    fn specialize_call(
        &mut self,
        number: u32,
        step: OpenStep<'a>,
        copied: Option<&Copied<'_, 'a>>,
        depth: u32,
        copies: &mut BodyCopies,
        all: &mut Vec<OpenStep<'a>>,
    ) {
        let OpenAct::Call { callee, how, arguments, given } = step.what else { return };
        let whole = given;
        let own = self.bodies_made.get(number as usize);
        let (callee, given, this) = match copied {
            Some(copied) => {
                // What an object is made of is given to its constructor.
                let handed = own.filter(|own| own.is_construct && arguments == 255).map(|_| copied.given);
                let given = given.map(|given| self.all_with_given(given, copied.with)).or(handed);
                (self.with_given(&callee, copied.with), given, copied.this)
            }
            // What is not known is known where the body is copied.
            None => {
                let is_open = |given: &[Val<'a>]| {
                    own.is_some_and(|own| given.iter().any(|given| self.depends_on(given, number, own)))
                };
                (callee, given.filter(|given| !is_open(given)), None)
            }
        };
        // Another file may know what is not known here.
        let kept = if copied.is_some() { given } else { whole };
        let step = OpenStep { what: OpenAct::Call { callee, how, arguments, given: kept }, ..step };
        let given = given.or((how == CallKind::Later).then_some(&[]));
        let Some(each) = given else { return all.push(step) };
        let given_each = self.each_given(each);
        if given_each.len() > 1 && is_of_import(&self.kept(&callee)) {
            let is_perhaps = each.iter().any(|given| self.is_perhaps(given));
            let of = |given| OpenAct::Call { callee, how, arguments, given: Some(given) };
            return all
                .extend(given_each.into_iter().map(|given| OpenStep { what: of(given), ..step.perhaps(is_perhaps) }));
        }
        for given in given_each {
            let target = self.target(&callee, how, given, this);
            // A function within the one that is copied sees what that is given.
            let outer = copied.filter(|copied| target.is_some_and(|(body, _)| self.sees(body, copied.number, copies)));
            let target = target.filter(|(body, _)| {
                self.has_room(*body, copies) && (outer.is_some() || self.is_worth_a_copy(*body, given, copies))
            });
            let Some((body, this)) = target else { return all.push(step) };
            let is_perhaps = each.iter().any(|given| self.is_perhaps(given));
            let is_doubtful = self.is_doubtful(&callee);
            copies.left -= 1;
            copies.steps_left = copies.steps_left.saturating_sub(self.length_of(body));
            let body = self.copy(body, given, this, outer, depth + 1, copies);
            let what = OpenAct::Copy { body, how, arguments, is_doubtful };
            all.push(OpenStep { what, ..step.perhaps(is_perhaps) });
        }
    }

    /// A copy of a body, with what it is given.
    fn copy(
        &mut self,
        number: u32,
        given: &'a [Val<'a>],
        this: Option<Val<'a>>,
        outer: Option<&Copied<'_, 'a>>,
        depth: u32,
        copies: &mut BodyCopies,
    ) -> u32 {
        let Some(body) = self.bodies_made.get(number as usize) else { return number };
        let with = self.replacement(number, body, given).with_this(this);
        let with = outer.iter().fold(with, |with, outer| with.within(outer.with));
        let (steps, kind, defaults, is_deadly) = (body.steps.clone(), body.kind, body.defaults.clone(), body.is_deadly);
        let copied = Copied { number, with: &with, given, this };
        let steps = self.specialized(number, &steps, Some(&copied), depth, copies);
        self.bodies_made.push(OpenBody {
            kind,
            defaults,
            steps,
            is_deadly,
            copy_of: Some(number),
            ..OpenBody::default()
        });
        u32::try_from(self.bodies_made.len() - 1).unwrap_or(u32::MAX)
    }
}

impl OpenStep<'_> {
    /// The same, where that may not happen.
    fn perhaps(self, is_perhaps: bool) -> Self {
        if !is_perhaps {
            return self;
        }
        let never = Fated::Is(FailureFate::Nothing);
        Self { thrown: never, rejected: never, is_certain: false, ..self }
    }
}
