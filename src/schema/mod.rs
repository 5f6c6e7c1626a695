//! Attributes and blocks as data.
//!
//! The lists themselves stand with each composite, written once with `attributes!`; from them come
//! this data, the typed struct, its decoding, the defaults, the rules and the documentation page.
//! How it looks on the wire is [`crate::protocol`]'s matter.

mod attributes;
mod check;
mod constraints;
mod lean;
mod meaning;
mod page;
mod rules;
mod typed;

pub use check::{Checked, check, check_keys};
pub use constraints::{Constraint, Count};
pub use lean::{filled_by_plan, lean, without};
pub use meaning::{filled, meaning, settled, spelled};
pub use page::{page, signature};
pub use rules::{Format, Rule};
pub use typed::{
    Attributes, Typed, decode_attribute, decode_repeated, decode_single, encode_attribute, encode_repeated,
    encode_single,
};

/// Formats of AWS's and Terraform's texts, for [`Rule::Is`].
pub mod formats;
pub mod listed;
/// Policy documents, compared by meaning.
pub mod policy;
pub mod service_name;

use crate::gather::Gather as _;
use crate::value::{Type, Value};

/// The schema of a resource or of the provider block.
#[derive(Debug, Clone)]
pub struct Schema {
    /// Raised when the stored shape changes.
    pub version: i64,
    /// The content.
    pub block: Block,
}

/// Attributes and nested blocks.
#[derive(Debug, Clone, Default)]
pub struct Block {
    /// What it is for, in Markdown.
    pub description: String,
    /// Attributes, in the order of the documentation.
    pub attributes: Vec<Attribute>,
    /// Nested blocks, in the order of the documentation.
    pub blocks: Vec<NestedBlock>,
    /// How many of several arguments may be written.
    pub constraints: Vec<Constraint>,
    /// Fills defaults that depend on other values of the block; see [`meaning`].
    pub usual: Option<fn(&Value) -> Value>,
}

/// One attribute.
#[derive(Debug, Clone)]
pub struct Attribute {
    /// Its name in HCL.
    pub name: &'static str,
    /// Its type.
    pub ty: Type,
    /// Who gives its value.
    pub presence: Presence,
    /// Hidden in plans.
    pub sensitive: bool,
    /// User text: what it does, allowed values, default, what a change causes.
    pub description: String,
    /// The value that stands for null.
    pub default: Option<Value>,
    /// What a configured value must be, and what its change causes.
    pub rules: Vec<Rule>,
}

/// Who gives an attribute's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// The configuration, always.
    Required,
    /// The configuration, if it wants.
    Optional,
    /// The configuration, else the provider.
    OptionalComputed,
    /// The provider.
    Computed,
}

/// A nested block.
#[derive(Debug, Clone)]
pub struct NestedBlock {
    /// Its name in HCL.
    pub name: &'static str,
    /// How often it may stand.
    pub nesting: Nesting,
    /// Its content.
    pub block: Block,
}

/// How often a nested block may stand, and as what it arrives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nesting {
    /// At most once; null when absent.
    Single,
    /// In order; empty when absent.
    List,
    /// Without order; empty when absent.
    Set,
}

impl Block {
    /// The type of a block's value: an object with one attribute per attribute and per nested block.
    pub fn implied_type(&self) -> Type {
        let attributes = self.attributes.iter().map(|attribute| (attribute.name.to_owned(), attribute.ty.clone()));
        let blocks = self.blocks.iter().map(|nested| {
            let content = nested.block.implied_type();
            let ty = match nested.nesting {
                Nesting::Single => content,
                Nesting::List => Type::List(Box::new(content)),
                Nesting::Set => Type::Set(Box::new(content)),
            };
            (nested.name.to_owned(), ty)
        });
        Type::Object(attributes.chain(blocks).gather())
    }

    /// The attribute of that name.
    pub fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.attributes.iter().find(|attribute| attribute.name == name)
    }

    /// The nested block of that name.
    pub fn nested(&self, name: &str) -> Option<&NestedBlock> {
        self.blocks.iter().find(|nested| nested.name == name)
    }
}

impl Presence {
    /// Whether a person may write it.
    pub fn is_configurable(self) -> bool {
        !matches!(self, Self::Computed)
    }

    /// Whether the provider may give it.
    pub fn is_computed(self) -> bool {
        matches!(self, Self::Computed | Self::OptionalComputed)
    }
}
