//! What runs, and what it was given.

use super::given_paths::GivenPath;
use crate::node::bodies::NamedValue;
use crate::tree::nodes::NodeId;
use std::rc::Rc;

/// Functions around a function that are kept for it.
const MAX_OUTER: u32 = 8;
/// Parts that a value has at most, those counted again that stand in it twice: frames are compared and hashed part by part.
const MAX_PARTS: u32 = 400;

/// What something was found to be.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum FoundValue {
    Body(NodeId, u32),
    Getter(NodeId, u32),
    Class(NodeId, u32),
    Instance(NodeId, u32),
    /// All that a file exports.
    Exports(NodeId),
}

/// What something is.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) enum GivenValue {
    Unknown,
    Undefined,
    Text(Rc<str>),
    Path(Rc<GivenPath>),
    /// A class, or all that a file exports.
    Found(FoundValue),
    /// A function, with what the function around it was given.
    Function(NodeId, u32, Option<Rc<Frame>>),
    /// An object of a class, and what it was made of.
    Instance(NodeId, u32, Rc<Arguments>),
    /// An object that is written down.
    Object(Rc<[(Box<str>, Self)]>),
}

/// What a call gives.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub(super) struct Arguments {
    pub(super) values: Vec<GivenValue>,
    /// Whether these are all.
    pub(super) are_all: bool,
}

/// What a body was given.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct Frame {
    file: NodeId,
    body: u32,
    pub(super) given: Rc<Arguments>,
    pub(super) this: Option<GivenValue>,
    /// That of the function around it.
    outer: Option<Rc<Self>>,
    /// How many there are around it.
    depth: u32,
}

impl Frame {
    pub(super) fn new(file: NodeId, body: u32, given: Rc<Arguments>, this: Option<GivenValue>) -> Self {
        Self { file, body, given, this, outer: None, depth: 0 }
    }

    /// The same, within another one, whose `this` a function has that has none of its own.
    pub(super) fn within(self, outer: Option<&Rc<Self>>, is_method: bool) -> Self {
        match outer.filter(|outer| outer.file == self.file && outer.depth < MAX_OUTER) {
            Some(outer) => {
                let this = if is_method { self.this } else { self.this.or_else(|| outer.this.clone()) };
                Self { outer: Some(Rc::clone(outer)), depth: outer.depth + 1, this, ..self }
            }
            None => self,
        }
    }

    /// To be kept; nothing where it has too many parts.
    pub(super) fn kept(self) -> Option<Rc<Self>> {
        let mut left = MAX_PARTS;
        self.fits(&mut left).then(|| Rc::new(self))
    }

    fn fits(&self, left: &mut u32) -> bool {
        self.given.fits(left)
            && self.this.as_ref().is_none_or(|this| this.fits(left))
            && self.outer.as_ref().is_none_or(|outer| outer.fits(left))
    }

    pub(super) fn of(self: &Rc<Self>, file: NodeId, body: u32) -> Option<&Rc<Self>> {
        if self.file == file && self.body == body { Some(self) } else { self.outer.as_ref()?.of(file, body) }
    }
}

impl Arguments {
    fn fits(&self, left: &mut u32) -> bool {
        self.values.iter().all(|value| value.fits(left))
    }
}

impl GivenValue {
    /// The same; unknown where it has too many parts.
    pub(super) fn bounded(self) -> Self {
        let mut left = MAX_PARTS;
        if self.fits(&mut left) { self } else { Self::Unknown }
    }

    /// Takes its parts off what is left, and tells whether that is enough.
    fn fits(&self, left: &mut u32) -> bool {
        let Some(fewer) = left.checked_sub(1) else { return false };
        *left = fewer;
        match self {
            Self::Unknown | Self::Undefined | Self::Text(_) | Self::Path(_) | Self::Found(_) => true,
            Self::Function(_, _, around) => around.as_ref().is_none_or(|around| around.fits(left)),
            Self::Instance(_, _, given) => given.fits(left),
            Self::Object(members) => members.iter().all(|(_, member)| member.fits(left)),
        }
    }

    /// What the function around a function of an object was given, where the last name of what is called is that function's.
    pub(super) fn function_at(&self, callee: &NamedValue, file: NodeId, body: u32) -> Option<Rc<Frame>> {
        let (Self::Object(members), NamedValue::Member(_, name)) = (self, callee) else { return None };
        match members.iter().find(|(known, _)| known == name)? {
            (_, Self::Function(of, number, around)) if (*of, *number) == (file, body) => around.clone(),
            _ => None,
        }
    }

    pub(super) fn found(found: FoundValue) -> Self {
        match found {
            FoundValue::Body(file, body) => Self::Function(file, body, None),
            FoundValue::Instance(file, class) => Self::Instance(file, class, Rc::default()),
            FoundValue::Getter(..) => Self::Unknown,
            found => Self::Found(found),
        }
    }
}
