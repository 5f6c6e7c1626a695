//! A configuration of a composite whose type the caller does not know.

use std::any::Any;

use crate::schema::Attributes;
use crate::value::Value;

/// A configuration of some composite, as its typed code wants it.
pub(super) struct Config(Box<dyn Decoded>);

trait Decoded: Any + Send + Sync {
    fn encode(&self) -> Value;
    fn copy(&self) -> Box<dyn Decoded>;
}

impl<T: Attributes + Send + Sync + 'static> Decoded for T {
    fn encode(&self) -> Value {
        Attributes::encode(self)
    }

    fn copy(&self) -> Box<dyn Decoded> {
        Box::new(self.clone())
    }
}

impl Config {
    pub(super) fn new(config: impl Attributes + Send + Sync + 'static) -> Self {
        Self(Box::new(config))
    }

    /// Writes it: an object with every attribute.
    pub(super) fn encode(&self) -> Value {
        self.0.encode()
    }

    pub(super) fn typed<T: 'static>(&self) -> Option<&T> {
        (&*self.0 as &dyn Any).downcast_ref()
    }

    pub(super) fn typed_mut<T: 'static>(&mut self) -> Option<&mut T> {
        (&mut *self.0 as &mut dyn Any).downcast_mut()
    }
}

impl Clone for Config {
    fn clone(&self) -> Self {
        Self(self.0.copy())
    }
}
