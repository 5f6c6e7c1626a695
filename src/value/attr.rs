//! One typed value in Terraform's three states.

/// Null, unknown until apply, or known.
///
/// Typed structs hold every attribute as one of these; links' forecasts use it for whole objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Attr<T> {
    /// Not given, or not there.
    #[default]
    Null,
    /// Will be known after apply, and may turn out to be null.
    Unknown,
    /// Will be known after apply, and is certainly given: a collection that holds something unknown.
    Given,
    /// This.
    Known(T),
}

impl<T> Attr<T> {
    /// The known value.
    pub fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            _ => None,
        }
    }

    /// Whether it is null.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// Whether it is unknown.
    pub fn is_unknown(&self) -> bool {
        matches!(self, Self::Unknown | Self::Given)
    }

    /// Whether it is certainly there. What rules over several arguments ask for: an unknown value may end as null.
    pub fn is_given(&self) -> bool {
        matches!(self, Self::Known(_) | Self::Given)
    }

    /// Whether it is there: known, or unknown and so to be counted as given.
    pub fn is_set(&self) -> bool {
        !self.is_null()
    }

    /// Borrows what is inside.
    pub fn as_ref(&self) -> Attr<&T> {
        match self {
            Self::Null => Attr::Null,
            Self::Unknown => Attr::Unknown,
            Self::Given => Attr::Given,
            Self::Known(value) => Attr::Known(value),
        }
    }

    /// Changes what is inside.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Attr<U> {
        match self {
            Self::Null => Attr::Null,
            Self::Unknown => Attr::Unknown,
            Self::Given => Attr::Given,
            Self::Known(value) => Attr::Known(change(value)),
        }
    }

    /// Goes on with what is inside.
    pub fn and_then<U>(self, next: impl FnOnce(T) -> Attr<U>) -> Attr<U> {
        match self {
            Self::Null => Attr::Null,
            Self::Unknown | Self::Given => Attr::Unknown,
            Self::Known(value) => next(value),
        }
    }

    /// A value in place of null.
    #[must_use]
    pub fn or(self, default: T) -> Self {
        match self {
            Self::Null => Self::Known(default),
            other => other,
        }
    }

    /// `None` while unknown; null counts as `Some(None)`. What spec functions want.
    pub fn settled(self) -> Option<Option<T>> {
        match self {
            Self::Null => Some(None),
            Self::Unknown | Self::Given => None,
            Self::Known(value) => Some(Some(value)),
        }
    }
}

impl<T> From<Option<T>> for Attr<T> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Self::Known)
    }
}
