//! Where in a configuration something stands, for diagnostics and for `requires_replace`.

use std::fmt;

/// Steps from the root of a resource's value to one attribute or element.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default, Hash)]
pub struct Path(Vec<Step>);

/// One step of a [`Path`]. Elements of sets have no address: a path ends at the set.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// An attribute or a nested block, by name.
    Attribute(String),
    /// An element of a map, by key.
    Key(String),
    /// An element of a list, by index from 0.
    Index(usize),
}

impl Path {
    /// The resource itself.
    pub const fn root() -> Self {
        Self(Vec::new())
    }

    /// The path of a top-level attribute or block.
    pub fn attribute(name: impl Into<String>) -> Self {
        Self::root().child(name)
    }

    /// This path and one attribute further.
    #[must_use]
    pub fn child(&self, name: impl Into<String>) -> Self {
        self.with(Step::Attribute(name.into()))
    }

    /// This path and one step further.
    #[must_use]
    pub fn with(&self, step: Step) -> Self {
        let mut steps = self.0.clone();
        steps.push(step);
        Self(steps)
    }

    /// The steps from the root.
    pub fn steps(&self) -> &[Step] {
        &self.0
    }

    /// Whether this is the resource itself.
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }
}

/// `listener`, `timeouts.create`, `tags["Owner"]`, `assume_role[0].role_arn`.
impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, step) in self.0.iter().enumerate() {
            match step {
                Step::Attribute(name) if position == 0 => write!(f, "{name}")?,
                Step::Attribute(name) => write!(f, ".{name}")?,
                Step::Key(key) => write!(f, "[{key:?}]")?,
                Step::Index(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}
